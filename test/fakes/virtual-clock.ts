import type { Clock, Timer } from '../../src/base/clock.ts';

type Entry = { at: number; order: number; run: () => void };

/** A clock that only moves when told to. Timers run in order of their time. */
export class VirtualClock implements Clock {
	#now = 0;
	#order = 0;
	readonly #entries = new Set<Entry>();
	readonly #epoch: number;

	/** @param epoch wall time at the start, milliseconds since the Unix epoch */
	constructor(epoch = Date.UTC(2026, 0, 1)) {
		this.#epoch = epoch;
	}

	now(): number {
		return this.#now;
	}

	wall(): number {
		return this.#epoch + this.#now;
	}

	after(delay: number, run: () => void): Timer {
		const entry = { at: this.#now + delay, order: this.#order++, run };
		this.#entries.add(entry);
		return { cancel: () => this.#entries.delete(entry) };
	}

	every(period: number, run: () => void): Timer {
		let timer = this.after(period, tick);
		const clock = this;
		let cancelled = false;
		function tick() {
			run();
			if (!cancelled) timer = clock.after(period, tick);
		}
		return {
			cancel: () => {
				cancelled = true;
				timer.cancel();
			},
		};
	}

	/** Moves time on, running what falls due; lets promises settle after each timer. */
	async advance(milliseconds: number): Promise<void> {
		const end = this.#now + milliseconds;
		await settle();
		for (let entry = this.#next(end); entry; entry = this.#next(end)) {
			this.#entries.delete(entry);
			this.#now = Math.max(this.#now, entry.at);
			entry.run();
			await settle();
		}
		this.#now = end;
	}

	#next(end: number): Entry | undefined {
		let first: Entry | undefined;
		for (const entry of this.#entries) {
			if (entry.at > end) continue;
			if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry;
		}
		return first;
	}
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}
