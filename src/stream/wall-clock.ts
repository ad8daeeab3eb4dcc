import type { Clock } from '../base/clock.ts';

/** Milliseconds of correction per placed unit: about 1.5 ms a second at 30 units, far below what is heard or seen. */
const SLEW_MS = 0.05;
/** Beyond this the machine's clock was set or the timeline broke: take the new relation at once. */
const STEP_MS = 5_000;

/**
 * The wall clock of the stream's timeline: one relation for all tracks, so that sound and picture keep together,
 * slewed to this machine's clock because a camera's clock drifts.
 */
export class WallClock {
	readonly #clock: Clock;
	#offset: number | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * @param pts on the stream's timeline, in ticks of `clockRate`
	 * @param arrival `Clock.now()` when the unit's first packet came
	 * @returns milliseconds since the Unix epoch, fractional
	 */
	at(pts: number, clockRate: number, arrival: number): number {
		const media = (pts / clockRate) * 1000;
		const target = this.#clock.wall() - (this.#clock.now() - arrival) - media;
		if (this.#offset === undefined || Math.abs(target - this.#offset) > STEP_MS) this.#offset = target;
		else this.#offset += Math.max(-SLEW_MS, Math.min(SLEW_MS, target - this.#offset));
		return this.#offset + media;
	}
}
