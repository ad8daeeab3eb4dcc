import { REPAIR } from './limits.ts';

/** What one viewer may have sent again: a token bucket in bytes. */
export class RepairBudget {
	#bytes: number = REPAIR.burst;
	#at = 0;

	/** Whether anything may be repaired now. @param now `Clock.now()` */
	allows(now: number): boolean {
		const earned = ((now - this.#at) * REPAIR.bytesPerSecond) / 1000;
		this.#bytes = Math.min(REPAIR.burst, this.#bytes + Math.max(0, earned));
		this.#at = now;
		return this.#bytes > 0;
	}

	/** Pays for what was repaired; a replay may leave debts, which are paid off before the next repair. */
	spend(bytes: number): void {
		this.#bytes -= bytes;
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
