/** Part of the time that passes by which the relation moves: faster than a camera's clock drifts. */
const SLEW = 0.0002;
/** Beyond this, in milliseconds, a clock was set: take the new relation at once. */
const STEP = 1000;

/**
 * The wall clock that sender reports tell: one relation to the stream's timeline for all tracks. It follows the
 * stream's so slowly that players who apply each report to the next packet never see time run backwards.
 */
export class ReportClock {
	#offset: number | undefined;
	#latest = Number.NEGATIVE_INFINITY;

	/**
	 * @param media milliseconds on the stream's timeline
	 * @param wall what the stream says of that time, milliseconds since the Unix epoch
	 * @returns milliseconds since the Unix epoch
	 */
	at(media: number, wall: number): number {
		const target = wall - media;
		if (this.#offset === undefined || Math.abs(target - this.#offset) > STEP) {
			this.#offset = target;
		} else {
			const most = Math.max(0, media - this.#latest) * SLEW;
			this.#offset += Math.max(-most, Math.min(most, target - this.#offset));
		}
		this.#latest = Math.max(this.#latest, media);
		return this.#offset + media;
	}
}
