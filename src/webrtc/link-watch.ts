import { LINK } from './limits.ts';

/** What is known of a viewer's link, each as of its last report. */
export type LinkReport = {
	/** Fraction 0 … 1. */
	readonly loss: number | undefined;
	/** Milliseconds. */
	readonly roundTrip: number | undefined;
	/** Bits per second the viewer thinks its link carries (REMB). */
	readonly estimate: number | undefined;
};

/**
 * Decides whether a viewer's link carries the stream. Random loss is repaired and no reason; a queue that grows, or
 * more loss than can be repaired, is. A link that was given up gets another chance after a pause that doubles when
 * the chance was in vain: with key frames alone nobody can measure whether there is room for more.
 */
export class LinkWatch {
	#overloaded = false;
	#badReports = 0;
	#bestRoundTrip = Number.POSITIVE_INFINITY;
	#since = Number.NEGATIVE_INFINITY;
	/** Milliseconds, but for the overload that goes on. */
	#overloadedBefore = 0;
	#pause: number = LINK.firstPause;

	/** True while the viewer gets key frames only. */
	get overloaded(): boolean {
		return this.#overloaded;
	}

	/** Milliseconds in all. @param now `Clock.now()` */
	overloadedFor(now: number): number {
		return this.#overloadedBefore + (this.#overloaded ? now - this.#since : 0);
	}

	/** Whether the link may have another chance now. @param now `Clock.now()` */
	mayResume(now: number): boolean {
		return this.#overloaded && now - this.#since >= this.#pause;
	}

	/** Every frame is sent again from now on: what the chance is worth is counted from here. @param now `Clock.now()` */
	resume(now: number): void {
		if (this.#overloaded) this.#set(false, now);
	}

	/**
	 * Takes the state of one second.
	 *
	 * @param sent bits per second that go to the viewer
	 * @param now `Clock.now()`
	 * @returns true when the link has become too slow by it
	 */
	update(report: LinkReport, sent: number, now: number): boolean {
		if (this.#overloaded) return false;
		this.#badReports = this.#isBad(report, sent) ? this.#badReports + 1 : 0;
		if (this.#badReports < LINK.badReports) return false;
		const inVain = now - this.#since < LINK.proof;
		this.#pause = inVain ? Math.min(this.#pause * 2, LINK.longestPause) : LINK.firstPause;
		this.#set(true, now);
		return true;
	}

	#isBad({ loss = 0, roundTrip, estimate }: LinkReport, sent: number): boolean {
		if (roundTrip !== undefined) this.#bestRoundTrip = Math.min(this.#bestRoundTrip, roundTrip);
		if (loss >= LINK.hopelessLoss) return true;
		if (estimate === undefined || estimate >= sent * LINK.headroom) return false;
		const queued = roundTrip !== undefined && roundTrip > this.#bestRoundTrip + LINK.queue;
		return queued || loss >= LINK.congestionLoss;
	}

	#set(overloaded: boolean, now: number): void {
		this.#overloadedBefore = this.overloadedFor(now);
		this.#overloaded = overloaded;
		this.#since = now;
		this.#badReports = 0;
	}
}
