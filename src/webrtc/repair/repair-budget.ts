import { REPAIR } from '../limits.ts';

/** What one viewer may have: a token bucket, of the bytes sent again unless said otherwise. */
export class RepairBudget {
	readonly #burst: number;
	readonly #perSecond: number;
	#left: number;
	#at = 0;

	constructor(burst: number = REPAIR.burst, perSecond: number = REPAIR.bytesPerSecond) {
		this.#burst = burst;
		this.#perSecond = perSecond;
		this.#left = burst;
	}

	/** Whether anything may be had now. @param now `Clock.now()` */
	allows(now: number): boolean {
		const earned = ((now - this.#at) * this.#perSecond) / 1000;
		this.#left = Math.min(this.#burst, this.#left + Math.max(0, earned));
		this.#at = now;
		return this.#left > 0;
	}

	/** Pays for what was had; it may leave debts, which are paid off before there is more. */
	spend(amount: number): void {
		this.#left -= amount;
	}
}

/** When sequence numbers were last sent again, so that one loss is not repaired twice in a round trip. */
export class ResendMemory {
	readonly #sequences = new Float64Array(REPAIR.remembered).fill(-1);
	readonly #times = new Float64Array(REPAIR.remembered);

	/**
	 * Notes a wish for a sequence number (not wrapped).
	 *
	 * @param now `Clock.now()`
	 * @param pause milliseconds
	 * @returns false when it was sent again less than `pause` ago
	 */
	note(sequence: number, now: number, pause: number): boolean {
		const slot = sequence & (REPAIR.remembered - 1);
		if (this.#sequences[slot] === sequence && now - (this.#times[slot] as number) < pause) return false;
		this.#sequences[slot] = sequence;
		this.#times[slot] = now;
		return true;
	}
}
