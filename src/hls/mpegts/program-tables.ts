import { writeUint16, writeUint32 } from '../../media/bytes/big-endian.ts';
import { crc32 } from './crc32.ts';
import { PAYLOAD_START, TS_HEADER, TS_PACKET, writeTsHeader } from './packet.ts';

/** Packet identifiers of this writer's one program. */
export const PID = { pat: 0x0000, video: 0x0100, audio: 0x0101, pmt: 0x1000 } as const;

/** Which elementary streams the program holds; at least one. */
export type Program = { readonly video: boolean; readonly audio: boolean };

const PROGRAM_NUMBER = 1;
const STREAM_TYPE = { h264: 0x1b, adts: 0x0f } as const;
const TABLE_ID = { pat: 0x00, pmt: 0x02 } as const;
const CRC_LENGTH = 4;

/** The PID that carries the program clock: of the video, or else of the audio. */
export function clockPid(program: Program): number {
	return program.video ? PID.video : PID.audio;
}

/** Writes the program association table (ISO/IEC 13818-1 section 2.4.4.3) as one packet at `at`. */
export function writePat(out: Uint8Array, at: number, counter: number): void {
	const start = openSection(out, at, PID.pat, counter, TABLE_ID.pat, 0);
	writeUint16(out, start, PROGRAM_NUMBER);
	writeUint16(out, start + 2, 0xe000 | PID.pmt);
	closeSection(out, at, start + 4);
}

/**
 * Writes the program map table (ISO/IEC 13818-1 section 2.4.4.8) as one packet at `at`.
 *
 * @param version 0 … 31, counted up when the program changes
 */
export function writePmt(out: Uint8Array, at: number, counter: number, version: number, program: Program): void {
	let end = openSection(out, at, PID.pmt, counter, TABLE_ID.pmt, version);
	writeUint16(out, end, 0xe000 | clockPid(program));
	writeUint16(out, end + 2, 0xf000);
	end += 4;
	if (program.video) end = writeElementaryStream(out, end, STREAM_TYPE.h264, PID.video);
	if (program.audio) end = writeElementaryStream(out, end, STREAM_TYPE.adts, PID.audio);
	closeSection(out, at, end);
}

function writeElementaryStream(out: Uint8Array, at: number, streamType: number, pid: number): number {
	out[at] = streamType;
	writeUint16(out, at + 1, 0xe000 | pid);
	writeUint16(out, at + 3, 0xf000);
	return at + 5;
}

/** @returns where the section's own fields start */
function openSection(
	out: Uint8Array,
	at: number,
	pid: number,
	counter: number,
	tableId: number,
	version: number,
): number {
	writeTsHeader(out, at, PAYLOAD_START | pid, false, counter);
	const start = at + TS_HEADER + 1;
	out[start - 1] = 0;
	out[start] = tableId;
	// transport_stream_id of the PAT and program_number of the PMT have the same place.
	writeUint16(out, start + 3, PROGRAM_NUMBER);
	out[start + 5] = 0xc1 | (version << 1);
	out[start + 6] = 0;
	out[start + 7] = 0;
	return start + 8;
}

function closeSection(out: Uint8Array, at: number, end: number): void {
	const start = at + TS_HEADER + 1;
	writeUint16(out, start + 1, 0xb000 | (end + CRC_LENGTH - start - 3));
	writeUint32(out, end, crc32(out, start, end));
	out.fill(0xff, end + CRC_LENGTH, at + TS_PACKET);
}
