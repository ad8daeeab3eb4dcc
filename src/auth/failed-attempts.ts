import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import { RateLimit } from './rate-limit.ts';

/** Nobody mistypes so often, nor does a class behind one address: pages and players give up once they were refused. */
const FAILURES = { burst: 100, perMinute: 60 } as const;

/** Slows down those who guess: who failed too often is refused unchecked for a while. */
export class FailedAttempts {
	readonly #limit: RateLimit;

	constructor(clock: Clock) {
		this.#limit = new RateLimit(clock, FAILURES);
	}

	/**
	 * @param caller whose failures count together
	 * @throws DualcastError `rate_limited`
	 */
	check(caller: string): void {
		const wait = this.#limit.wait(caller);
		if (wait === 0) return;
		throw new DualcastError('rate_limited', `too many failed attempts from this address; try again in ${wait} s`, {
			facts: { retry_after_s: wait },
		});
	}

	count(caller: string): void {
		this.#limit.take(caller);
	}
}
