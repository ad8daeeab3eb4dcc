/** What came out of a player's decoder, of one kind; all times are in seconds. */
export type Shown = {
	/** Pictures, or pieces of sound. */
	readonly count: number;
	/** From the first to the last. */
	readonly seconds: number;
	/** From one to the next. */
	readonly longest: number;
};

/** @param times of pictures or pieces of sound as they came out, in seconds of the stream */
export function shownAt(times: readonly number[]): Shown {
	const steps = times.slice(1).map((time, index) => time - (times[index] as number));
	return {
		count: times.length,
		seconds: times.length === 0 ? 0 : (times.at(-1) as number) - (times[0] as number),
		// Backwards is no better than a gap.
		longest: Math.max(0, ...steps.map((step) => (step > 0 ? step : Number.POSITIVE_INFINITY))),
	};
}
