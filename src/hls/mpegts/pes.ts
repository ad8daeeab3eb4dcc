import { writeUint16, writeUint32 } from '../../media/bytes/big-endian.ts';

const PREFIX = 0x00000100;
const FIXED = 9;
const TIMESTAMP = 5;
const DATA_ALIGNMENT = 0x84;
const PTS_ONLY = 0x80;
const PTS_AND_DTS = 0xc0;
const MAX_PACKET_LENGTH = 0xffff;
const WRAP = 2 ** 33;

export const STREAM_ID = { video: 0xe0, audio: 0xc0 } as const;

/** A time in ticks of 90 kHz as the 33 bits that MPEG-TS has for it. */
export function wrap33(ticks: number): number {
	const wrapped = ticks % WRAP;
	return wrapped < 0 ? wrapped + WRAP : wrapped;
}

/** Length of the PES header in bytes: with PTS alone when both times are the same, or with PTS and DTS. */
export function pesHeaderLength(pts: number, dts: number): number {
	return pts === dts ? FIXED + TIMESTAMP : FIXED + 2 * TIMESTAMP;
}

/**
 * Writes a PES header (ISO/IEC 13818-1 section 2.4.3.6).
 *
 * @param payload bytes that follow. A packet that is too long for the 16-bit length says 0, which only video may.
 * @param pts 33 bit, as `dts`
 */
export function writePesHeader(
	out: Uint8Array,
	at: number,
	streamId: number,
	payload: number,
	pts: number,
	dts: number,
): void {
	const header = pesHeaderLength(pts, dts);
	const length = header - 6 + payload;
	writeUint32(out, at, PREFIX | streamId);
	writeUint16(out, at + 4, length > MAX_PACKET_LENGTH ? 0 : length);
	out[at + 6] = DATA_ALIGNMENT;
	out[at + 7] = pts === dts ? PTS_ONLY : PTS_AND_DTS;
	out[at + 8] = header - FIXED;
	writeTimestamp(out, at + FIXED, pts === dts ? 2 : 3, pts);
	if (pts !== dts) writeTimestamp(out, at + FIXED + TIMESTAMP, 1, dts);
}

/** | mark (4) | 32 … 30 | 1 | 29 … 15 | 1 | 14 … 0 | 1 | */
function writeTimestamp(out: Uint8Array, at: number, mark: number, ticks: number): void {
	const low = ticks % 2 ** 30;
	out[at] = (mark << 4) | (Math.floor(ticks / 2 ** 30) << 1) | 1;
	out[at + 1] = low >>> 22;
	out[at + 2] = (low >>> 14) | 1;
	out[at + 3] = low >>> 7;
	out[at + 4] = (low << 1) | 1;
}
