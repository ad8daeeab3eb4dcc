import type { Clock } from '../../../src/web/clock.ts';

/** The browser's clock, moved by hand. Between timers it lets promises settle. */
export class FakeClock implements Clock {
	#now = 0;
	#timers: { at: number; run: () => void }[] = [];

	now(): number {
		return this.#now;
	}

	after(delayMs: number, run: () => void): () => void {
		const timer = { at: this.#now + delayMs, run };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	/** Timers not yet due. */
	get pending(): number {
		return this.#timers.length;
	}

	/** Time goes on while no timer fires, as when a machine sleeps. */
	suspend(milliseconds: number): void {
		this.#now += milliseconds;
	}

	async advance(milliseconds: number): Promise<void> {
		const end = this.#now + milliseconds;
		await settle();
		for (;;) {
			const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
			if (!next) break;
			this.#now = Math.max(this.#now, next.at);
			this.#timers = this.#timers.filter((timer) => timer !== next);
			next.run();
			await settle();
		}
		this.#now = end;
	}
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
