import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { MAX_COUNTED_CALLERS } from './limits.ts';

type Bucket = { tokens: number; at: number };

/** A token bucket for each caller: `burst` attempts at once, then `perMinute`. */
export class RateLimit {
	readonly #buckets = new Map<string, Bucket>();
	readonly #clock: Clock;
	readonly #burst: number;
	readonly #perMs: number;

	constructor(clock: Clock, limit: { readonly burst: number; readonly perMinute: number }) {
		this.#clock = clock;
		this.#burst = limit.burst;
		this.#perMs = limit.perMinute / 60_000;
	}

	/** Counts nothing. @returns 0 when an attempt would go on, else the seconds to wait */
	wait(caller: string): number {
		const bucket = this.#buckets.get(digestOf(caller));
		return bucket ? this.#secondsUntil(this.#fill(bucket)) : 0;
	}

	/** Counts nothing. @returns attempts that would go on at once */
	left(caller: string): number {
		const bucket = this.#buckets.get(digestOf(caller));
		return Math.floor(bucket ? this.#fill(bucket).tokens : this.#burst);
	}

	/** Counts an attempt. @returns 0 when it may go on, else the seconds to wait */
	take(caller: string): number {
		const key = digestOf(caller);
		const bucket = this.#fill(this.#buckets.get(key) ?? { tokens: this.#burst, at: this.#clock.now() });
		this.#buckets.delete(key);
		this.#buckets.set(key, bucket);
		if (this.#buckets.size > MAX_COUNTED_CALLERS) {
			const [longestIdle] = this.#buckets.keys();
			if (longestIdle !== undefined) this.#buckets.delete(longestIdle);
		}
		const wait = this.#secondsUntil(bucket);
		if (wait === 0) bucket.tokens -= 1;
		return wait;
	}

	#fill(bucket: Bucket): Bucket {
		const now = this.#clock.now();
		bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perMs);
		bucket.at = now;
		return bucket;
	}

	#secondsUntil({ tokens }: Bucket): number {
		return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.#perMs / 1000);
	}
}
