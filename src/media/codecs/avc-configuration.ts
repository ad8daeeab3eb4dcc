import { readUint16, writeUint16 } from '../bytes/big-endian.ts';
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
 * The AVCDecoderConfigurationRecord (`avcC`) of these parameter sets, for samples with four-byte lengths.
 *
 * @param sps 1 … 31, each at least 4 bytes; profile and level are those of the first
 * @param pps at most 255
 */
export function buildAvcConfiguration(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): Uint8Array {
	const [first = new Uint8Array(4)] = sps;
	const chroma = readSps(first)?.chroma;
	const record = new Uint8Array(HEADER + listSize(sps) + 1 + listSize(pps) + (chroma ? 4 : 0));
	record[0] = VERSION;
	record.set(first.subarray(1, 4), 1); // profile, constraints, level
	record[4] = 0xfc | 3;
	record[5] = 0xe0 | sps.length;
	let at = writeList(record, HEADER, sps);
	record[at] = pps.length;
	at = writeList(record, at + 1, pps);
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

function listSize(list: readonly Uint8Array[]): number {
	let size = 0;
	for (const { length } of list) size += 2 + length;
	return size;
}

/** @returns where the list ends */
function writeList(record: Uint8Array, start: number, list: readonly Uint8Array[]): number {
	let at = start;
	for (const set of list) {
		writeUint16(record, at, set.length);
		record.set(set, at + 2);
		at += 2 + set.length;
	}
	return at;
}
