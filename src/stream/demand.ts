import type { Clock, Timer } from '../base/clock.ts';

export type DemandOptions = {
	clock: Clock;
	/** Milliseconds between the last release and `onIdle`. */
	linger: number;
	/** Asked at the last release: false ends it without a linger. */
	lingers(): boolean;
	onIdle(): void;
};

type Waiter = { resolve(): void; reject(error: unknown): void };

/** Who wants the stream: a count of holds with a linger after the last one, and the waiters for its start. */
export class Demand {
	readonly #options: DemandOptions;
	readonly #waiters = new Set<Waiter>();
	#holds = 0;
	#linger: Timer | undefined;

	constructor(options: DemandOptions) {
		this.#options = options;
	}

	get held(): boolean {
		return this.#holds > 0;
	}

	/** @returns releases this hold; idempotent */
	hold(): () => void {
		this.#holds++;
		this.#linger?.cancel();
		this.#linger = undefined;
		let released = false;
		return () => {
			if (released) return;
			released = true;
			this.#holds--;
			if (this.#holds > 0) return;
			const { clock, linger, lingers, onIdle } = this.#options;
			if (lingers()) this.#linger = clock.after(linger, onIdle);
			else onIdle();
		};
	}

	/** Waits for `resolve` or `reject`, at most `timeout` milliseconds, or until the signal is aborted. */
	wait(timeout: number, timeoutError: () => Error, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			const settle = () => {
				timer.cancel();
				this.#waiters.delete(waiter);
				signal?.removeEventListener('abort', onAbort);
			};
			const waiter: Waiter = {
				resolve: () => {
					settle();
					resolve();
				},
				reject: (error) => {
					settle();
					reject(error);
				},
			};
			const onAbort = () => waiter.reject(signal?.reason);
			const timer = this.#options.clock.after(timeout, () => waiter.reject(timeoutError()));
			signal?.addEventListener('abort', onAbort, { once: true });
			this.#waiters.add(waiter);
		});
	}

	resolve(): void {
		for (const waiter of [...this.#waiters]) waiter.resolve();
	}

	reject(error: unknown): void {
		for (const waiter of [...this.#waiters]) waiter.reject(error);
	}

	/** Stops the linger; `onIdle` will not be called any more. */
	close(): void {
		this.#linger?.cancel();
		this.#linger = undefined;
	}
}
