/**
 * Hands out turns of the event loop, one each, in the order they were asked for: many callers who come at once do not
 * hold up what else happens.
 */
export class Turns {
	readonly #waiting: (() => void)[] = [];

	/** Resolves in a turn of its own. */
	next(): Promise<void> {
		return new Promise((resolve) => {
			this.#waiting.push(resolve);
			if (this.#waiting.length === 1) setImmediate(this.#run);
		});
	}

	readonly #run = (): void => {
		this.#waiting.shift()?.();
		if (this.#waiting.length > 0) setImmediate(this.#run);
	};
}
