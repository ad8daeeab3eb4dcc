import { writeUint16, writeUint32 } from '../bytes/big-endian.ts';
import type { RtpPacket } from './rtp.ts';

/** Bytes of an RTP header without CSRCs and extension. */
export const RTP_HEADER = 12;

/** The bytes of an RTP packet, with a copy of its payload (RFC 3550 section 5.1; layout in `rtp.ts`). */
export function buildRtp(packet: RtpPacket): Uint8Array {
	const bytes = new Uint8Array(RTP_HEADER + packet.payload.length);
	bytes[0] = 0x80;
	bytes[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
	writeUint16(bytes, 2, packet.sequence);
	writeUint32(bytes, 4, packet.timestamp);
	writeUint32(bytes, 8, packet.ssrc);
	bytes.set(packet.payload, RTP_HEADER);
	return bytes;
}
