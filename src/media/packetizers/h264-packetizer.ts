import { NAL } from '../codecs/h264.ts';
import { type EmitPayload, type NalPayloads, packetizeNalus } from './nal-packetizer.ts';

/** STAP-A and FU-A (RFC 6184 sections 5.7.1 and 5.8). */
const PAYLOADS: NalPayloads = {
	header: 1,
	writeAggregateHeader(nalus, start, end, payload) {
		let forbidden = 0;
		let importance = 0;
		for (let index = start; index < end; index++) {
			const header = nalus[index]?.[0] as number;
			forbidden |= header & 0x80;
			importance = Math.max(importance, header & 0x60);
		}
		payload[0] = forbidden | importance | NAL.stapA;
	},
	writeFragmentHeader(nalu, flags, payload) {
		const header = nalu[0] as number;
		payload[0] = (header & 0xe0) | NAL.fuA;
		payload[1] = flags | (header & 0x1f);
	},
};

/**
 * Splits one access unit into RTP payloads of packetization mode 1 (RFC 6184 section 6.3): small neighbours share
 * a STAP-A, what is too large becomes FU-A fragments of `maxPayload` bytes.
 *
 * @param nalus without start codes, in decoding order; empty ones are left out
 * @param maxPayload bytes, at least 3
 */
export function packetizeH264(nalus: readonly Uint8Array[], maxPayload: number, emit: EmitPayload): void {
	packetizeNalus(PAYLOADS, nalus, maxPayload, emit);
}
