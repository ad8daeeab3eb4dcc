import { writeUint16, writeUint32 } from '../../media/bytes/big-endian.ts';

const HEADER = 8;

/** A box of the ISO base media file format (ISO/IEC 14496-12 section 4.2): size, four letters of type, content. */
export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array {
	let size = HEADER;
	for (const part of content) size += part.length;
	const bytes = new Uint8Array(size);
	writeUint32(bytes, 0, size);
	writeType(bytes, 4, type);
	let at = HEADER;
	for (const part of content) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

/** A box with a version and flags. @param flags 24 bits */
export function fullBox(type: string, version: number, flags: number, ...content: readonly Uint8Array[]): Uint8Array {
	return box(type, uint32((version << 24) | flags), ...content);
}

/** @param type four characters of ASCII */
export function writeType(bytes: Uint8Array, at: number, type: string): void {
	for (let index = 0; index < 4; index++) bytes[at + index] = type.charCodeAt(index);
}

export function uint8(...values: readonly number[]): Uint8Array {
	return Uint8Array.from(values);
}

export function uint16(...values: readonly number[]): Uint8Array {
	const bytes = new Uint8Array(2 * values.length);
	for (const [index, value] of values.entries()) writeUint16(bytes, 2 * index, value);
	return bytes;
}

export function uint32(...values: readonly number[]): Uint8Array {
	const bytes = new Uint8Array(4 * values.length);
	for (const [index, value] of values.entries()) writeUint32(bytes, 4 * index, value);
	return bytes;
}

/** Characters of ASCII, without a terminator. */
export function ascii(text: string): Uint8Array {
	return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
