/** Random integers that a seed repeats (mulberry32). */
export class Random {
	#state: number;

	/** @param seed 32 bit */
	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** 0 … limit - 1; 0 when there is no room. */
	below(limit: number): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
	}

	/** True once in `times`. */
	once(times: number): boolean {
		return this.below(times) === 0;
	}

	pick<T>(from: readonly T[]): T {
		return from[this.below(from.length)] as T;
	}
}
