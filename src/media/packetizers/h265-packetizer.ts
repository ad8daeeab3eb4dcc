import { HEVC_NAL, HEVC_NAL_HEADER } from '../codecs/h265.ts';
import { type EmitPayload, type NalPayloads, packetizeNalus } from './nal-packetizer.ts';

/** Aggregation packets and fragmentation units (RFC 7798 sections 4.4.2 and 4.4.3). */
const PAYLOADS: NalPayloads = {
	header: HEVC_NAL_HEADER,
	// The lowest layer and temporal id of what is inside.
	writeAggregateHeader(nalus, start, end, payload) {
		let forbidden = 0;
		let layer = 63;
		let temporal = 7;
		for (let index = start; index < end; index++) {
			const [first = 0, second = 0] = nalus[index] as Uint8Array;
			forbidden |= first & 0x80;
			layer = Math.min(layer, ((first & 1) << 5) | (second >> 3));
			temporal = Math.min(temporal, second & 7);
		}
		payload[0] = forbidden | (HEVC_NAL.aggregation << 1) | (layer >> 5);
		payload[1] = ((layer & 0x1f) << 3) | temporal;
	},
	writeFragmentHeader(nalu, flags, payload) {
		const first = nalu[0] as number;
		payload[0] = (first & 0x81) | (HEVC_NAL.fragmentation << 1);
		payload[1] = nalu[1] as number;
		payload[2] = flags | ((first >> 1) & 0x3f);
	},
};

/**
 * Splits one access unit into RTP payloads (RFC 7798 section 4.4, without decoding order numbers): small
 * neighbours share an aggregation packet, what is too large becomes fragments of `maxPayload` bytes.
 *
 * @param nalus without start codes, in decoding order, of at least 2 bytes; empty ones are left out
 * @param maxPayload bytes, at least 4
 */
export function packetizeH265(nalus: readonly Uint8Array[], maxPayload: number, emit: EmitPayload): void {
	packetizeNalus(PAYLOADS, nalus, maxPayload, emit);
}
