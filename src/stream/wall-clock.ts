import type { Clock } from '../base/clock.ts';

/** Milliseconds of correction per placed unit: about 1.5 ms a second at 30 units, far below what is heard or seen. */
const SLEW_MS = 0.05;
/** Beyond this the machine's clock was set or the timeline broke: take the new relation at once. */
const STEP_MS = 5_000;
/** Groups of pictures that servers keep for those who come are younger. */
const MAX_AGE_MS = 30_000;

/**
 * The wall clock of the stream's timeline: one relation for all tracks, so that sound and picture keep together,
 * slewed to this machine's clock because a camera's clock drifts.
 */
export class WallClock {
	readonly #clock: Clock;
	/** Wall clock at time 0 of the timeline. */
	#offset: number | undefined;
	#latest = Number.NEGATIVE_INFINITY;
	/** Arrival up to which units may come sooner than one after the other: what was kept, all at once. */
	#catchUpEnd = Number.NEGATIVE_INFINITY;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** The next unit does not continue what came before. Dates do not go back. */
	restart(): void {
		this.#offset = undefined;
	}

	/**
	 * @param media milliseconds on the stream's timeline
	 * @param arrival `Clock.now()` when the unit's first packet came
	 * @param age asked of the first unit, milliseconds: servers send those who come what they kept, all at once
	 * @returns milliseconds since the Unix epoch, fractional
	 */
	at(media: number, arrival: number, age: () => number | undefined = () => undefined): number {
		const target = this.#clock.wall() - (this.#clock.now() - arrival) - media;
		this.#offset =
			this.#offset === undefined
				? this.#start(target, media, arrival, age() ?? 0)
				: this.#corrected(this.#offset, target, arrival);
		this.#latest = Math.max(this.#latest, this.#offset + media);
		return this.#offset + media;
	}

	#start(target: number, media: number, arrival: number, age: number): number {
		const kept = age > 0 && age < MAX_AGE_MS ? age : 0;
		this.#catchUpEnd = arrival + kept;
		const taken = target - kept;
		const latest = this.#latest - media;
		// What is to come in seconds was dated before the machine's clock was set back.
		return latest - target > STEP_MS ? taken : Math.max(taken, latest);
	}

	#corrected(offset: number, target: number, arrival: number): number {
		const error = target - offset;
		if (error > 0 && arrival < this.#catchUpEnd) return offset;
		return Math.abs(error) > STEP_MS ? target : offset + Math.max(-SLEW_MS, Math.min(SLEW_MS, error));
	}
}
