import { digestOf } from '../base/digest.ts';
import type { FailedAttempts } from './failed-attempts.ts';

type Line = { here: number; asked: number; readonly waiting: (() => void)[] };

/** Of one caller no more are asked about at once than may be wrong: all guesses at the same time are no more guesses. */
export class GuessLine {
	readonly #failures: FailedAttempts;
	/** By a digest of the caller. */
	readonly #lines = new Map<string, Line>();

	constructor(failures: FailedAttempts) {
		this.#failures = failures;
	}

	/** @throws DualcastError `rate_limited`; what `ask` throws */
	async run<Answer>(caller: string, ask: () => Promise<Answer>): Promise<Answer> {
		const key = digestOf(caller);
		const line = this.#lines.get(key) ?? { here: 0, asked: 0, waiting: [] };
		this.#lines.set(key, line);
		line.here++;
		try {
			while (line.asked >= this.#failures.check(caller)) {
				await new Promise<void>((resolve) => line.waiting.push(resolve));
			}
			line.asked++;
			return await ask().finally(() => line.asked--);
		} finally {
			if (--line.here === 0) this.#lines.delete(key);
			line.waiting.shift()?.();
		}
	}
}
