import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { DualcastError } from '../base/errors.ts';
import { MAX_COUNTED_GUESSES } from './limits.ts';
import { RateLimit } from './rate-limit.ts';

/** Nobody mistypes so often, nor does a class behind one address: pages and players give up once they were refused. */
const FAILURES = { burst: 100, perMinute: 60 } as const;

/**
 * Slows down those who guess: who failed too often is refused unchecked for a while. The same thing again is no new
 * guess: a room full of old links, or of those who copied the same mistake, keeps nobody out.
 */
export class FailedAttempts {
	readonly #clock: Clock;
	readonly #limit: RateLimit;
	/** Milliseconds after which all that was counted is forgiven. */
	readonly #window: number;
	/** Digest of caller and guess → when it was counted (`Clock.now()`), the oldest first. */
	readonly #guesses = new Map<string, number>();

	constructor(clock: Clock, limit: { readonly burst: number; readonly perMinute: number } = FAILURES) {
		this.#clock = clock;
		this.#limit = new RateLimit(clock, limit);
		this.#window = (limit.burst / limit.perMinute) * 60_000;
	}

	/**
	 * @param caller whose failures count together
	 * @returns how many more may fail now: 1 at least
	 * @throws DualcastError `rate_limited`
	 */
	check(caller: string): number {
		const wait = this.#limit.wait(caller);
		if (wait === 0) return this.#limit.left(caller);
		throw new DualcastError('rate_limited', `too many failed attempts from this address; try again in ${wait} s`, {
			facts: { retry_after_s: wait },
		});
	}

	/** @param guess what was refused */
	count(caller: string, guess: string): void {
		const now = this.#clock.now();
		const key = digestOf(`${caller}\n${guess}`);
		const before = this.#guesses.get(key);
		if (before !== undefined && now - before < this.#window) return;
		this.#limit.take(caller);
		this.#guesses.delete(key);
		this.#guesses.set(key, now);
		if (this.#guesses.size <= MAX_COUNTED_GUESSES) return;
		const [oldest] = this.#guesses.keys();
		if (oldest !== undefined) this.#guesses.delete(oldest);
	}
}
