import type { Clock, Timer } from '../../base/clock.ts';
import { CATCH_UP } from '../limits.ts';
import type { TrackSender } from './track-sender.ts';

/**
 * Brings viewers to the live point: a first burst at once, the rest in paced chunks, so that neither a slow link
 * nor the other viewers suffer from a big group of pictures.
 */
export class CatchUp {
	readonly #clock: Clock;
	readonly #behind = new Set<TrackSender>();
	#timer: Timer | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Takes a sender that was just started; it leaves by itself when it is live. */
	add(sender: TrackSender): void {
		sender.advance(CATCH_UP.burst, this.#clock.now());
		if (sender.live) return;
		this.#behind.add(sender);
		this.#timer ??= this.#clock.after(CATCH_UP.period, this.#step);
	}

	remove(sender: TrackSender): void {
		this.#behind.delete(sender);
	}

	close(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#behind.clear();
	}

	readonly #step = (): void => {
		const now = this.#clock.now();
		let left: number = CATCH_UP.total;
		for (const sender of [...this.#behind]) {
			if (left <= 0) break;
			left -= sender.advance(CATCH_UP.chunk, now);
			// At the end of the queue again: with many of them each gets its turn.
			this.#behind.delete(sender);
			if (!sender.live) this.#behind.add(sender);
		}
		this.#timer = this.#behind.size > 0 ? this.#clock.after(CATCH_UP.period, this.#step) : undefined;
	};
}
