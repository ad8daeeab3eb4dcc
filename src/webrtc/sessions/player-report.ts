/** What a viewer's player tells of itself. Nothing here can be checked. */
export class PlayerReport {
	#firstFrameShownAfter: number | undefined;

	/** @param milliseconds from its offer to its first picture on the screen; only the first time counts */
	firstFrameShown(milliseconds: number): void {
		this.#firstFrameShownAfter ??= Math.round(milliseconds);
	}

	/** As the API shows it. */
	info(): { first_frame_shown_after_ms?: number } {
		const after = this.#firstFrameShownAfter;
		return after === undefined ? {} : { first_frame_shown_after_ms: after };
	}
}
