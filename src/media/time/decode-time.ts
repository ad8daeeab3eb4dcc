/** The deepest reordering H.264 and H.265 allow, in frames. */
const MAX_REORDER = 16;

/**
 * Rebuilds decoding times, which RTP does not carry: with at most `reorder` frames held back by a decoder, the
 * n-th picture in decoding order is due at the n-th smallest presentation time, `reorder` frames earlier. A stream
 * that reorders more than it says is understood from what it does; two groups of pictures that do without end that.
 */
export class DecodeTimes {
	readonly #waiting: number[] = [];
	/** Frames held back as the stream showed it lately. */
	#shown = 0;
	/** Frames that had to be held back in the group of pictures under way, and in the one before. */
	#needed = 0;
	#neededBefore = 0;
	#last: number | undefined;

	/**
	 * @param pts presentation time of the next picture in decoding order, in ticks
	 * @param reorder frames a decoder may hold back by what the stream says, 0 … 16
	 * @param frameTicks ticks of one frame, for the first pictures after a start
	 * @returns its decoding time in ticks: never running backwards, and above `pts` only for a picture that came too late
	 */
	next(pts: number, reorder: number, frameTicks: number): number {
		if (this.#last !== undefined && pts < this.#last) {
			this.#shown = Math.max(this.#shown, reorder) + 1;
			this.#needed = Math.max(this.#needed, this.#shown);
		}
		const depth = Math.min(Math.max(reorder, this.#shown), MAX_REORDER);
		if (depth === 0) {
			this.#forget();
			this.#last = this.#last === undefined ? pts : Math.max(this.#last, pts);
			return this.#last;
		}
		const waiting = this.#waiting;
		let at = waiting.length;
		while (at > 0 && (waiting[at - 1] as number) > pts) at--;
		this.#needed = Math.max(this.#needed, waiting.length - at);
		waiting.splice(at, 0, pts);
		// More wait than may where the depth became less.
		while (waiting.length > depth + 1) waiting.shift();
		const smallest = waiting[0] as number;
		const missing = depth + 1 - waiting.length;
		if (missing === 0) waiting.shift();
		const due = smallest - missing * frameTicks;
		this.#last = this.#last === undefined ? due : Math.max(this.#last, due);
		return this.#last;
	}

	/** The next picture is a key picture. */
	startGroup(): void {
		this.#shown = Math.min(this.#shown, Math.max(this.#needed, this.#neededBefore));
		this.#neededBefore = this.#needed;
		this.#needed = 0;
	}

	/** Starts over (the timeline broke), without going back behind the last time given out. */
	reset(): void {
		this.#shown = 0;
		this.#needed = 0;
		this.#neededBefore = 0;
		this.#forget();
	}

	#forget(): void {
		// Even where it changes nothing, that is a call out of compiled code.
		if (this.#waiting.length > 0) this.#waiting.length = 0;
	}
}
