import { readUint16, writeUint16 } from './big-endian.ts';
import { readSps } from './h264-sps.ts';

/** What an AVCDecoderConfigurationRecord holds (ISO/IEC 14496-15 section 5.3.3.1). */
export type AvcConfiguration = {
	/** Bytes of the length before each NAL unit in a sample: 1, 2 or 4. */
	readonly lengthSize: number;
	/** Views. */
	readonly sps: readonly Uint8Array[];
	readonly pps: readonly Uint8Array[];
};

const VERSION = 1;
const HEADER = 6;

/**
 * The AVCDecoderConfigurationRecord (`avcC`) of one pair of parameter sets, for samples with four-byte lengths.
 *
 * @param sps at least 4 bytes
 */
export function buildAvcConfiguration(sps: Uint8Array, pps: Uint8Array): Uint8Array {
	const chroma = readSps(sps)?.chroma;
	const record = new Uint8Array(HEADER + 2 + sps.length + 1 + 2 + pps.length + (chroma ? 4 : 0));
	record[0] = VERSION;
	record.set(sps.subarray(1, 4), 1); // profile, constraints, level
	record[4] = 0xfc | 3;
	record[5] = 0xe0 | 1;
	writeUint16(record, HEADER, sps.length);
	record.set(sps, HEADER + 2);
	let at = HEADER + 2 + sps.length;
	record[at] = 1;
	writeUint16(record, at + 1, pps.length);
	record.set(pps, at + 3);
	at += 3 + pps.length;
	if (chroma) {
		record[at] = 0xfc | chroma.format;
		record[at + 1] = 0xf8 | (chroma.lumaDepth - 8);
		record[at + 2] = 0xf8 | (chroma.chromaDepth - 8);
		record[at + 3] = 0;
	}
	return record;
}

/** @returns undefined when the record is cut short or of another version */
export function parseAvcConfiguration(record: Uint8Array): AvcConfiguration | undefined {
	if (record.length < HEADER || record[0] !== VERSION) return undefined;
	const sps: Uint8Array[] = [];
	const pps: Uint8Array[] = [];
	const afterSps = readList(record, HEADER, (record[5] as number) & 0x1f, sps);
	if (afterSps < 0 || afterSps >= record.length) return undefined;
	if (readList(record, afterSps + 1, record[afterSps] as number, pps) < 0) return undefined;
	return { lengthSize: 1 + ((record[4] as number) & 3), sps, pps };
}

/** @returns where the list ends, or -1 when it is cut short */
function readList(record: Uint8Array, start: number, count: number, list: Uint8Array[]): number {
	let at = start;
	for (let index = 0; index < count; index++) {
		if (at + 2 > record.length) return -1;
		const end = at + 2 + readUint16(record, at);
		if (end > record.length) return -1;
		list.push(record.subarray(at + 2, end));
		at = end;
	}
	return at;
}
