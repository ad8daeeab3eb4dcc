import type { RtpPacket } from '../../../src/media/rtp/rtp.ts';

/** An RTP packet with what a test does not care about filled in. */
export function rtpPacket(fields: Partial<RtpPacket>): RtpPacket {
	return {
		payloadType: 96,
		marker: false,
		sequence: 0,
		timestamp: 0,
		ssrc: 0x11223344,
		payload: new Uint8Array(0),
		...fields,
	};
}

/** Bytes from hexadecimal text; blanks are for the reader. */
export function hex(text: string): Uint8Array {
	return new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}
