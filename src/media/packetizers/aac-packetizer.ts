import { writeUint16 } from '../bytes/big-endian.ts';
import type { EmitPayload } from './nal-packetizer.ts';

/** The AU headers written: 13 bits of size and 3 of index (RFC 3640 section 3.3.6, `mode=AAC-hbr`). */
export const AAC_HBR = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3 } as const;

/** The length of the AU headers in bits, and one AU header. */
const HEADERS = 4;
const MAX_SIZE = 2 ** AAC_HBR.sizeLength - 1;

/**
 * Puts one access unit into RTP payloads of `AAC_HBR`: one, or as many fragments as it needs (RFC 3640 section 3.2.3).
 * A unit too large for its size field is left out.
 *
 * @param maxPayload bytes, at least 5
 */
export function packetizeAac(unit: Uint8Array, maxPayload: number, emit: EmitPayload): void {
	if (unit.length === 0 || unit.length > MAX_SIZE) return;
	const room = maxPayload - HEADERS;
	const scratch = new Uint8Array(HEADERS + Math.min(room, unit.length));
	writeUint16(scratch, 0, AAC_HBR.sizeLength + AAC_HBR.indexLength);
	// Each fragment tells the size of the whole unit.
	writeUint16(scratch, 2, unit.length << AAC_HBR.indexLength);
	for (let at = 0; at < unit.length; at += room) {
		const part = unit.subarray(at, at + room);
		scratch.set(part, HEADERS);
		emit(scratch.subarray(0, HEADERS + part.length), at + room >= unit.length);
	}
}
