/** NAL unit types of ITU-T H.264 table 7-1 and RFC 6184 table 1. */
export const NAL = {
	slice: 1,
	idr: 5,
	sei: 6,
	sps: 7,
	pps: 8,
	accessUnitDelimiter: 9,
	endOfSequence: 10,
	endOfStream: 11,
	filler: 12,
	stapA: 24,
	fuA: 28,
	fuB: 29,
} as const;

/** The type of a NAL unit, from its first byte. */
export function nalType(nalu: Uint8Array): number {
	return (nalu[0] as number) & 0x1f;
}

/** Whether a NAL unit of this type carries picture data. */
export function isSlice(type: number): boolean {
	return type >= 1 && type <= 5;
}

/**
 * Splits an Annex B byte stream (ITU-T H.264 annex B) into NAL units without start codes and trailing zeros.
 * Bytes without any start code are one NAL unit. The results are views.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
	const nalus: Uint8Array[] = [];
	for (let start = 0; start < bytes.length; ) {
		const code = findStartCode(bytes, start);
		const end = trimZeros(bytes, start, code < 0 ? bytes.length : code);
		if (end > start) nalus.push(bytes.subarray(start, end));
		start = code < 0 ? bytes.length : code + 3;
	}
	return nalus;
}

/** Index of the next 00 00 01, or -1. */
export function findStartCode(bytes: Uint8Array, from: number): number {
	for (let at = bytes.indexOf(1, from + 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
		if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
	}
	return -1;
}

/** End of the bytes from `start` without the zeros before `end` (ITU-T H.264 section B.1, trailing_zero_8bits). */
export function trimZeros(bytes: Uint8Array, start: number, end: number): number {
	let last = end;
	while (last > start && bytes[last - 1] === 0) last -= 1;
	return last;
}

/** `avc1.PPCCLL` of RFC 6381 section 3.3. */
export function avcCodecs(profileIdc: number, constraints: number, levelIdc: number): string {
	return `avc1.${Buffer.of(profileIdc, constraints, levelIdc).toString('hex')}`;
}

/**
 * The raw byte sequence payload: without the 03 of each 00 00 03 (ITU-T H.264 section 7.4.1.1). A copy only when
 * there is one.
 */
export function removeEmulationPrevention(payload: Uint8Array): Uint8Array {
	let zeros = 0;
	let kept = 0;
	let result: Uint8Array | undefined;
	for (let at = 0; at < payload.length; at++) {
		const byte = payload[at] as number;
		if (zeros >= 2 && byte === 3) {
			// Not slice(), which is a view where the bytes are a Buffer.
			result ??= Uint8Array.from(payload);
			zeros = 0;
			continue;
		}
		zeros = byte === 0 ? zeros + 1 : 0;
		if (result) result[kept] = byte;
		kept += 1;
	}
	return result ? result.subarray(0, kept) : payload;
}
