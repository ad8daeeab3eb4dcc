import { writeUint16 } from './big-endian.ts';
import { NAL } from './h264.ts';

/**
 * Takes one RTP payload. It is a view, or scratch that the next call overwrites: copy it before returning.
 *
 * @param marker true on the last payload of the access unit
 */
export type EmitPayload = (payload: Uint8Array, marker: boolean) => void;

const FU_HEADER = 2;
const NAL_HEADER = 1;
const SIZE_FIELD = 2;

/**
 * Splits one access unit into RTP payloads of packetization mode 1 (RFC 6184 section 6.3): small neighbours share
 * a STAP-A, what is too large becomes FU-A fragments of `maxPayload` bytes.
 *
 * @param nalus without start codes, in decoding order; empty ones are left out
 * @param maxPayload bytes, at least 3
 */
export function packetizeH264(nalus: readonly Uint8Array[], maxPayload: number, emit: EmitPayload): void {
	let last = nalus.length - 1;
	while (last >= 0 && nalus[last]?.length === 0) last -= 1;
	let scratch: Uint8Array | undefined;
	for (let index = 0; index <= last; ) {
		const nalu = nalus[index] as Uint8Array;
		const end = aggregateEnd(nalus, index, last, maxPayload);
		if (nalu.length === 0) {
			index += 1;
		} else if (nalu.length > maxPayload) {
			scratch ??= new Uint8Array(maxPayload);
			emitFragments(nalu, scratch, index === last, emit);
			index += 1;
		} else if (end - index > 1) {
			scratch ??= new Uint8Array(maxPayload);
			emit(writeAggregate(nalus, index, end, scratch), end > last);
			index = end;
		} else {
			emit(nalu, index === last);
			index += 1;
		}
	}
}

/** Index after the last NAL unit that still fits into one STAP-A beginning at `start`. */
function aggregateEnd(nalus: readonly Uint8Array[], start: number, last: number, maxPayload: number): number {
	let size = NAL_HEADER;
	let end = start;
	while (end <= last) {
		const { length } = nalus[end] as Uint8Array;
		size += SIZE_FIELD + length;
		if (length === 0 || size > maxPayload) break;
		end += 1;
	}
	return end;
}

function writeAggregate(nalus: readonly Uint8Array[], start: number, end: number, scratch: Uint8Array): Uint8Array {
	let forbidden = 0;
	let importance = 0;
	let at = NAL_HEADER;
	for (let index = start; index < end; index++) {
		const nalu = nalus[index] as Uint8Array;
		const header = nalu[0] as number;
		forbidden |= header & 0x80;
		importance = Math.max(importance, header & 0x60);
		writeUint16(scratch, at, nalu.length);
		scratch.set(nalu, at + SIZE_FIELD);
		at += SIZE_FIELD + nalu.length;
	}
	scratch[0] = forbidden | importance | NAL.stapA;
	return scratch.subarray(0, at);
}

function emitFragments(nalu: Uint8Array, scratch: Uint8Array, lastOfUnit: boolean, emit: EmitPayload): void {
	const header = nalu[0] as number;
	const room = scratch.length - FU_HEADER;
	scratch[0] = (header & 0xe0) | NAL.fuA;
	for (let at = NAL_HEADER; at < nalu.length; at += room) {
		const end = Math.min(at + room, nalu.length);
		const startBit = at === NAL_HEADER ? 0x80 : 0;
		const endBit = end === nalu.length ? 0x40 : 0;
		scratch[1] = startBit | endBit | (header & 0x1f);
		scratch.set(nalu.subarray(at, end), FU_HEADER);
		emit(scratch.subarray(0, FU_HEADER + end - at), lastOfUnit && endBit !== 0);
	}
}
