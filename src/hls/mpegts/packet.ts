/**
 * Transport stream packets (ISO/IEC 13818-1 section 2.4.3.2).
 *
 * |0x47|e|s|p|     PID (13)     |sc|af|cc|  adaptation field …  |  payload … |   188 bytes
 */
export const TS_PACKET = 188;
export const TS_HEADER = 4;
/** Bytes of a packet after its header. */
export const TS_BODY = TS_PACKET - TS_HEADER;
/** Bytes of an adaptation field that holds a PCR and nothing else. */
export const PCR_FIELD = 8;
/** payload_unit_start_indicator, to be put on a PID. */
export const PAYLOAD_START = 0x4000;

const SYNC = 0x47;
const RANDOM_ACCESS = 0x40;
const HAS_PCR = 0x10;

/**
 * @param pid 13 bit, with `PAYLOAD_START` when a PES packet or section starts here
 * @param adaptation whether an adaptation field follows; a payload always does
 * @param counter the low four bits are the continuity counter
 */
export function writeTsHeader(out: Uint8Array, at: number, pid: number, adaptation: boolean, counter: number): void {
	out[at] = SYNC;
	out[at + 1] = pid >> 8;
	out[at + 2] = pid;
	out[at + 3] = (adaptation ? 0x30 : 0x10) | (counter & 0x0f);
}

/**
 * An adaptation field of exactly `size` bytes (1 … 184) that is stuffing only (section 2.4.3.4).
 */
export function writeStuffing(out: Uint8Array, at: number, size: number): void {
	out[at] = size - 1;
	if (size === 1) return;
	out[at + 1] = 0;
	out.fill(0xff, at + 2, at + size);
}

/**
 * An adaptation field of `size` bytes (`PCR_FIELD` … 184): a program clock reference, then stuffing
 * (section 2.4.3.5).
 *
 * @param pcr 33 bit, in ticks of 90 kHz
 * @param randomAccess decoding can start with this packet
 */
export function writePcrField(out: Uint8Array, at: number, size: number, pcr: number, randomAccess: boolean): void {
	const low = pcr % 2 ** 25;
	out[at] = size - 1;
	out[at + 1] = randomAccess ? RANDOM_ACCESS | HAS_PCR : HAS_PCR;
	out[at + 2] = Math.floor(pcr / 2 ** 25);
	out[at + 3] = low >>> 17;
	out[at + 4] = low >>> 9;
	out[at + 5] = low >>> 1;
	out[at + 6] = ((low & 1) << 7) | 0x7e;
	out[at + 7] = 0;
	out.fill(0xff, at + PCR_FIELD, at + size);
}
