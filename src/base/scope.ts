/**
 * An owner of things to close. `close()` runs the registered closers in reverse order, one after the other,
 * waits for each, is idempotent, and reports what failed together at the end.
 */
export class Scope {
	readonly #closers: (() => void | Promise<void>)[] = [];
	#closing: Promise<void> | undefined;

	/** True from the first call of `close()` on. */
	get closed(): boolean {
		return this.#closing !== undefined;
	}

	/** Registers a closer. After `close()` it runs at once. */
	defer(close: () => void | Promise<void>): void {
		if (this.#closing !== undefined) this.#closing = this.#closing.then(close);
		else this.#closers.push(close);
	}

	close(): Promise<void> {
		this.#closing ??= this.#run();
		return this.#closing;
	}

	async #run(): Promise<void> {
		const failures: unknown[] = [];
		for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
			try {
				await close();
			} catch (failure) {
				failures.push(failure);
			}
		}
		if (failures.length > 0) throw new AggregateError(failures, 'closing failed');
	}
}
