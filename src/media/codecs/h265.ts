/** NAL unit types of ITU-T H.265 table 7-1 and RFC 7798 section 4.4. */
export const HEVC_NAL = {
	/** RASL_R: the last type of leading and trailing pictures in use. */
	raslR: 9,
	/** BLA_W_LP, the first intra random access point; CRA_NUT and two reserved types are the last. */
	firstIrap: 16,
	lastIrap: 23,
	vps: 32,
	sps: 33,
	pps: 34,
	accessUnitDelimiter: 35,
	endOfSequence: 36,
	endOfBitstream: 37,
	filler: 38,
	prefixSei: 39,
	suffixSei: 40,
	aggregation: 48,
	fragmentation: 49,
	paci: 50,
} as const;

/** Bytes of a NAL unit header: F (1), type (6), layer (6), temporal id plus 1 (3). */
export const HEVC_NAL_HEADER = 2;

/** The type of a NAL unit, from its first byte. */
export function hevcNalType(nalu: Uint8Array): number {
	return ((nalu[0] as number) >> 1) & 0x3f;
}

/** Whether decoding can start with a picture of this type: IDR, CRA or BLA. */
export function isIrap(type: number): boolean {
	return type >= HEVC_NAL.firstIrap && type <= HEVC_NAL.lastIrap;
}
