import { splitAnnexB } from './h264.ts';
import { HEVC_NAL, hevcNalType } from './h265.ts';
import type { FormatParameters } from './sdp.ts';
import type { VideoParameterSets } from './track.ts';

const NAMES = ['sprop-vps', 'sprop-sps', 'sprop-pps', 'sprop-parameter-sets'] as const;

/**
 * Reads `sprop-vps`, `sprop-sps` and `sprop-pps` (RFC 7798 section 7.1). A set counts by its type, wherever it
 * stands: cameras mix the names up, and some use the one of H.264.
 *
 * @returns undefined unless there are both an SPS and a PPS
 */
export function parseHevcSprop(parameters: FormatParameters): VideoParameterSets | undefined {
	const sets = new Map<number, Uint8Array>();
	for (const name of NAMES) {
		for (const item of parameters.get(name)?.split(',') ?? []) {
			for (const nalu of splitAnnexB(new Uint8Array(Buffer.from(item, 'base64')))) {
				const type = hevcNalType(nalu);
				if (!sets.has(type)) sets.set(type, nalu);
			}
		}
	}
	const vps = sets.get(HEVC_NAL.vps);
	const sps = sets.get(HEVC_NAL.sps);
	const pps = sets.get(HEVC_NAL.pps);
	return sps && pps && { ...(vps && { vps }), sps, pps };
}
