import type { Random } from './random.ts';
import { MAX_INPUT } from './target.ts';

/** Values at which lengths, counts and signs turn over. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 126, 127, 128, 129, 192, 224, 254, 255];

/** One random change of a byte string. */
export function mutateBytes(
	bytes: Uint8Array,
	other: Uint8Array,
	random: Random,
	dictionary: readonly string[] = [],
): Uint8Array {
	const at = random.below(bytes.length);
	const length = random.below(random.once(4) ? bytes.length - at : Math.min(16, bytes.length - at)) + 1;
	switch (random.below(dictionary.length > 0 ? 11 : 9)) {
		case 0:
			return replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
		case 1:
			return replaced(bytes, at, 1, Uint8Array.of(random.below(256)));
		case 2:
			return replaced(bytes, at, 1, Uint8Array.of(random.pick(EDGES)));
		case 3:
			return replaced(bytes, at, 2, Uint8Array.of(random.pick(EDGES), random.pick(EDGES)));
		case 4:
			return replaced(bytes, at, length, new Uint8Array(0));
		case 5:
			return replaced(bytes, at, 0, bytes.slice(at, at + length));
		case 6: {
			const from = random.below(other.length);
			return replaced(bytes, at, random.once(2) ? length : 0, other.slice(from, from + length));
		}
		case 7:
			return bytes.slice(0, at);
		case 8:
			return replaced(bytes, at, 0, repeated(bytes.slice(at, at + 1 + random.below(8)), random));
		default:
			return replaced(bytes, at, random.once(2) ? length : 0, new TextEncoder().encode(random.pick(dictionary)));
	}
}

/** Long runs find what takes time by the square of the length. */
function repeated(part: Uint8Array, random: Random): Uint8Array {
	const limit = random.once(20) ? MAX_INPUT : 256;
	const times = part.length === 0 ? 0 : random.below(limit / part.length);
	const bytes = new Uint8Array(part.length * times);
	for (let index = 0; index < times; index++) bytes.set(part, index * part.length);
	return bytes;
}

function replaced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
	const tail = bytes.subarray(Math.min(bytes.length, at + length));
	const result = new Uint8Array(Math.min(bytes.length, at) + by.length + tail.length);
	result.set(bytes.subarray(0, at));
	result.set(by, Math.min(bytes.length, at));
	result.set(tail, result.length - tail.length);
	return result;
}
