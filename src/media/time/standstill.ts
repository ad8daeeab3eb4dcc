/** Milliseconds that a track comes later than before, at least: less is jitter, or is brought over by sender reports. */
const LEAST = 3000;
/** Milliseconds in which a network that held frames back has brought some of them. */
const WATCH = 3000;
/** Milliseconds by which arrivals tremble. */
const NOISE = 250;

/**
 * Tells a pause in which the timestamps of a track stood still from one of the network: what that held back comes
 * faster than it was taken, until nothing is late any more.
 */
export class Standstill {
	/** Milliseconds that the track is late, and was when the watch began. */
	#late = 0;
	#lateBefore = 0;
	/** When the watch began; undefined while the track is in time. */
	#since: number | undefined;

	/**
	 * The next frame came.
	 *
	 * @param delay milliseconds by which it came later after the frame before than their timestamps are apart
	 * @returns milliseconds for which the timestamps stood still, once that is certain; else 0
	 */
	judge(delay: number, arrival: number): number {
		if (delay <= LEAST && this.#since === undefined) return 0;
		this.#late += delay;
		if (this.#late < LEAST) {
			this.reset();
		} else if (delay > LEAST || this.#since === undefined) {
			this.#watch(arrival);
		} else if (arrival - this.#since >= WATCH) {
			if (this.#late < this.#lateBefore - NOISE) this.#watch(arrival);
			else {
				const stood = this.#late;
				this.reset();
				return stood;
			}
		}
		return 0;
	}

	/** The track goes on elsewhere. */
	reset(): void {
		this.#late = 0;
		this.#since = undefined;
	}

	#watch(arrival: number): void {
		this.#lateBefore = this.#late;
		this.#since = arrival;
	}
}
