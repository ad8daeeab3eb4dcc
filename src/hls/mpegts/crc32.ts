const POLYNOMIAL = 0x04c11db7;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte << 24;
	for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
	return crc;
});

/** CRC of PSI sections (ISO/IEC 13818-1 annex A) over `bytes[from … to)`; unsigned 32 bit. */
export function crc32(bytes: Uint8Array, from: number, to: number): number {
	let crc = 0xffffffff;
	for (let at = from; at < to; at++) {
		crc = (crc << 8) ^ (TABLE[((crc >>> 24) ^ (bytes[at] as number)) & 0xff] as number);
	}
	return crc >>> 0;
}
