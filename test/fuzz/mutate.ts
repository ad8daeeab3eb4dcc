import { mutateBytes } from './mutate-bytes.ts';
import { mutatePackets } from './mutate-packets.ts';
import { pack, unpack } from './packets.ts';
import type { Random } from './random.ts';
import { type FuzzTarget, MAX_INPUT } from './target.ts';

const MAX_STEPS = 6;

/**
 * A new input from a known one, by a few random changes.
 *
 * @param other another known input, to cross with
 */
export function mutate(target: FuzzTarget, input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
	let bytes: Uint8Array = input.slice();
	for (let step = 1 + random.below(MAX_STEPS); step > 0; step--) {
		if (target.shape === 'packets' && !random.once(8)) {
			bytes = pack(mutatePackets(unpack(bytes), unpack(other), random));
		} else {
			bytes = mutateBytes(bytes, other, random, target.dictionary ?? []);
		}
	}
	return bytes.slice(0, MAX_INPUT);
}
