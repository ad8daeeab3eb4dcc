import { writeUint16 } from '../bytes/big-endian.ts';

/**
 * Takes one RTP payload. It is a view, or scratch that the next call overwrites: copy it before returning.
 *
 * @param marker true on the last payload of the access unit
 */
export type EmitPayload = (payload: Uint8Array, marker: boolean) => void;

/** How a codec writes payloads of several NAL units and of parts of one. */
export interface NalPayloads {
	/** Bytes of the NAL unit header, and of the payload header of an aggregate. */
	readonly header: number;
	/** Writes the payload header of an aggregate of the NAL units from `start` up to but without `end`. */
	writeAggregateHeader(nalus: readonly Uint8Array[], start: number, end: number, payload: Uint8Array): void;
	/**
	 * Writes the payload header of a fragment; its last byte is the fragmentation unit's header.
	 *
	 * @param flags 0x80 on the first fragment, 0x40 on the last one
	 */
	writeFragmentHeader(nalu: Uint8Array, flags: number, payload: Uint8Array): void;
}

const SIZE_FIELD = 2;
const FU_START = 0x80;
const FU_END = 0x40;

/** Splits one access unit into RTP payloads: small neighbours share one, what is too large becomes fragments. */
export function packetizeNalus(
	payloads: NalPayloads,
	nalus: readonly Uint8Array[],
	maxPayload: number,
	emit: EmitPayload,
): void {
	let last = nalus.length - 1;
	while (last >= 0 && nalus[last]?.length === 0) last -= 1;
	let scratch: Uint8Array | undefined;
	for (let index = 0; index <= last; ) {
		const nalu = nalus[index] as Uint8Array;
		const end = aggregateEnd(nalus, index, last, maxPayload - payloads.header);
		if (nalu.length === 0) {
			index += 1;
		} else if (nalu.length > maxPayload) {
			scratch ??= new Uint8Array(maxPayload);
			emitFragments(payloads, nalu, scratch, index === last, emit);
			index += 1;
		} else if (end - index > 1) {
			scratch ??= new Uint8Array(maxPayload);
			emit(writeAggregate(payloads, nalus, index, end, scratch), end > last);
			index = end;
		} else {
			emit(nalu, index === last);
			index += 1;
		}
	}
}

/** Index after the last NAL unit that still fits into one aggregate beginning at `start`. */
function aggregateEnd(nalus: readonly Uint8Array[], start: number, last: number, room: number): number {
	let size = 0;
	let end = start;
	while (end <= last) {
		const { length } = nalus[end] as Uint8Array;
		size += SIZE_FIELD + length;
		if (length === 0 || size > room) break;
		end += 1;
	}
	return end;
}

function writeAggregate(
	payloads: NalPayloads,
	nalus: readonly Uint8Array[],
	start: number,
	end: number,
	scratch: Uint8Array,
): Uint8Array {
	let at = payloads.header;
	for (let index = start; index < end; index++) {
		const nalu = nalus[index] as Uint8Array;
		writeUint16(scratch, at, nalu.length);
		scratch.set(nalu, at + SIZE_FIELD);
		at += SIZE_FIELD + nalu.length;
	}
	payloads.writeAggregateHeader(nalus, start, end, scratch);
	return scratch.subarray(0, at);
}

function emitFragments(
	payloads: NalPayloads,
	nalu: Uint8Array,
	scratch: Uint8Array,
	lastOfUnit: boolean,
	emit: EmitPayload,
): void {
	const header = payloads.header + 1;
	const room = scratch.length - header;
	for (let at = payloads.header; at < nalu.length; at += room) {
		const end = Math.min(at + room, nalu.length);
		const isEnd = end === nalu.length;
		const flags = (at === payloads.header ? FU_START : 0) | (isEnd ? FU_END : 0);
		payloads.writeFragmentHeader(nalu, flags, scratch);
		scratch.set(nalu.subarray(at, end), header);
		emit(scratch.subarray(0, header + end - at), lastOfUnit && isEnd);
	}
}
