/** Where the count stands after the type: of trun behind its flags, of stsz and stz2 behind a size, too. */
const COUNTED: readonly (readonly [type: string, at: number])[] = [
	['trun', 8],
	['stsz', 12],
	['stz2', 12],
];
const HEAD = 8;

/** How many samples fragmented MP4 says that it has: bytes for each need not be there (ISO/IEC 14496-12 section 8.8.8). */
export function announcedSamples(bytes: Buffer): number {
	let sum = 0;
	for (let at = 0; at + HEAD <= bytes.length; ) {
		const size = sizeAt(bytes, at);
		const type = bytes.toString('latin1', at + 4, at + HEAD);
		if (type !== 'mdat') sum += countIn(bytes.subarray(at + HEAD, at + size));
		at += Math.max(HEAD, size);
	}
	return sum;
}

/** Of the box there (section 4.2). */
function sizeAt(bytes: Buffer, at: number): number {
	const size = bytes.readUInt32BE(at);
	if (size === 0) return bytes.length - at;
	return size === 1 && at + 16 <= bytes.length ? Number(bytes.readBigUInt64BE(at + HEAD)) : size;
}

function countIn(box: Buffer): number {
	let sum = 0;
	for (const [type, offset] of COUNTED) {
		for (let at = box.indexOf(type); at >= 0; at = box.indexOf(type, at + 1)) {
			if (at + offset + 4 <= box.length) sum += box.readUInt32BE(at + offset);
		}
	}
	return sum;
}
