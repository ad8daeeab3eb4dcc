import type { Clock } from '../base/clock.ts';
import type { SourceError } from '../base/errors.ts';

/** Milliseconds during which a failed start is not tried again. */
export type RetryPause = { transient: number; permanent: number };

const MAX_PAUSE_FACTOR = 20;

/** What a failed start says about the next one: for a while its cause answers for the camera. */
export class Verdict {
	readonly #clock: Clock;
	readonly #pause: RetryPause;
	#last: { readonly error: SourceError; readonly until: number } | undefined;
	/** Failures that trying again does not cure, since the camera worked. Others between do not count: a locked account is one. */
	#refusals = 0;

	constructor(clock: Clock, pause: RetryPause) {
		this.#clock = clock;
		this.#pause = pause;
	}

	/** The cause of a start that failed so lately that it is not tried again yet. */
	get standing(): SourceError | undefined {
		return this.#last && this.#clock.now() < this.#last.until ? this.#last.error : undefined;
	}

	/** Milliseconds for which it stands. */
	get remaining(): number {
		return Math.max(0, (this.#last?.until ?? 0) - this.#clock.now());
	}

	pass(error: SourceError): void {
		const { transient, permanent } = this.#pause;
		if (error.permanent) this.#refusals++;
		// Viewers ask again and again, and a camera locks the account after a few wrong passwords.
		const factor = Math.min(2 ** (this.#refusals - 1), MAX_PAUSE_FACTOR);
		this.#last = { error, until: this.#clock.now() + (error.permanent ? permanent * factor : transient) };
	}

	/** The camera is tried again. */
	drop(): void {
		this.#last = undefined;
	}

	/** The camera works. */
	acquit(): void {
		this.#refusals = 0;
	}
}
