/** How bright a picture may be: anything beyond the standard range, which goes without saying. */
export type VideoRange = 'PQ' | 'HLG';

/** By transfer_characteristics (ITU-T H.264 table E-5, H.265 table E.4): SMPTE ST 2084, ARIB STD-B67. */
const RANGES: ReadonlyMap<number | undefined, VideoRange> = new Map([
	[16, 'PQ'],
	[18, 'HLG'],
]);

/** @returns undefined for the standard range, and where the stream does not say */
export function videoRange(transfer: number | undefined): VideoRange | undefined {
	return RANGES.get(transfer);
}
