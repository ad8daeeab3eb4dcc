import { NAL, nalType, splitAnnexB } from './h264.ts';
import type { VideoParameterSets } from './track.ts';

/**
 * Reads `sprop-parameter-sets` (RFC 6184 section 8.1). Start codes inside, trailing separators and characters
 * outside base64 are passed over.
 *
 * @returns undefined unless there are both an SPS and a PPS
 */
export function parseSpropParameterSets(value: string): VideoParameterSets | undefined {
	let sps: Uint8Array | undefined;
	let pps: Uint8Array | undefined;
	for (const item of value.split(',')) {
		for (const nalu of splitAnnexB(new Uint8Array(Buffer.from(item, 'base64')))) {
			if (nalType(nalu) === NAL.sps) sps ??= nalu;
			if (nalType(nalu) === NAL.pps) pps ??= nalu;
		}
	}
	return sps && pps ? { sps, pps } : undefined;
}
