import { mutate } from './mutate.ts';
import { pack, unpack } from './packets.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** An input that breaks a promise. */
export type Find = { readonly input: Uint8Array; readonly why: string };

/** Milliseconds for one input, the best of three: more would let one camera hold up all others. */
const MAX_TIME = 250;

/** Endless inputs for one target, the same ones for the same seed and corpus. */
export class Fuzzer {
	readonly target: FuzzTarget;
	readonly #random: Random;
	readonly #corpus: Uint8Array[];

	/** @param corpus at least one input */
	constructor(target: FuzzTarget, corpus: readonly Uint8Array[], seed: number) {
		this.target = target;
		this.#random = new Random(seed);
		this.#corpus = corpus.length > 0 ? [...corpus] : [new Uint8Array(1)];
	}

	get corpusSize(): number {
		return this.#corpus.length;
	}

	next(): Uint8Array {
		return mutate(this.target, this.#random.pick(this.#corpus), this.#random.pick(this.#corpus), this.#random);
	}

	/** Builds further inputs on this one too. */
	keep(input: Uint8Array): void {
		this.#corpus.push(input);
	}
}

/** Runs one input. @returns why it breaks a promise, or undefined */
export function examine(target: FuzzTarget, input: Uint8Array): string | undefined {
	let best = Number.POSITIVE_INFINITY;
	for (let tries = 0; tries < 3 && best > MAX_TIME; tries++) {
		const from = performance.now();
		try {
			target.run(input.slice());
		} catch (thrown) {
			return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
		}
		best = Math.min(best, performance.now() - from);
	}
	return best > MAX_TIME ? `took over ${MAX_TIME} ms` : undefined;
}

/**
 * The input without what the find does not need.
 *
 * @param deadline `performance.now()` after which it is good enough
 */
export function minimize(target: FuzzTarget, find: Find, deadline: number): Find {
	let best = find;
	const better = (input: Uint8Array) => {
		const why = performance.now() < deadline ? examine(target, input) : undefined;
		if (why !== undefined) best = { input, why };
		return why !== undefined;
	};
	if (target.shape === 'bytes') {
		dropParts([...find.input], (bytes) => better(Uint8Array.from(bytes)));
		return best;
	}
	const packets = dropParts(unpack(find.input), (left) => better(pack(left)));
	for (const index of packets.keys()) {
		const rest = dropParts([...(packets[index] as Uint8Array)], (bytes) =>
			better(pack(packets.with(index, Uint8Array.from(bytes)))),
		);
		packets[index] = Uint8Array.from(rest);
	}
	return best;
}

/** Leaves out runs of parts, long ones first, as long as `accept` agrees. */
function dropParts<T>(parts: readonly T[], accept: (parts: readonly T[]) => boolean): T[] {
	let left = [...parts];
	for (let cut = Math.max(1, left.length >> 1); cut >= 1; cut >>= 1) {
		for (let at = 0; at + cut <= left.length; ) {
			const fewer = left.toSpliced(at, cut);
			if (accept(fewer)) left = fewer;
			else at += cut;
		}
	}
	return left;
}
