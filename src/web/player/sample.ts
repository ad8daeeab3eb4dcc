/** Counters of a playback at one moment. They count from the start of the playback. */
export type Sample = {
	/** Monotonic milliseconds. */
	at: number;
	/** Media bytes received; absent where the browser does not tell. */
	bytes?: number;
	framesDecoded: number;
	framesDropped: number;
	/** Pixels; 0 before the first picture. */
	width: number;
	height: number;
	freezeCount: number;
	pliCount: number;
	/** Milliseconds a picture was behind the sender when it was shown, where the playback can tell. */
	latencyMs?: number;
	/** Seconds all emitted frames spent in the jitter buffer, and how many frames that were. */
	jitterBufferSeconds?: number;
	jitterBufferFrames?: number;
	roundTripMs?: number;
};

/** Rates over the last samples; undefined until two samples are there or where the browser does not tell. */
export type Rates = {
	/** Bits per second. */
	bitrate: number | undefined;
	framesPerSecond: number | undefined;
	latencyMs: number | undefined;
};

/** So many samples are kept: four seconds level out key frames without hiding a change for long. */
export const SAMPLES_KEPT = 5;

/** The rates over a run of samples, oldest first. */
export function ratesOf(samples: readonly Sample[]): Rates {
	const last = samples.at(-1);
	const first = samples[0];
	// Two seconds are enough for a steady frame rate, and show sooner that it dropped.
	const recent = samples.at(-3) ?? first;
	if (!last || !first || !recent) return { bitrate: undefined, framesPerSecond: undefined, latencyMs: undefined };
	const bytes = last.bytes !== undefined && first.bytes !== undefined ? last.bytes - first.bytes : undefined;
	return {
		bitrate: bytes === undefined ? undefined : perSecond(bytes * 8, last.at - first.at),
		framesPerSecond: perSecond(last.framesDecoded - recent.framesDecoded, last.at - recent.at),
		latencyMs: latencyOf(first, last),
	};
}

function perSecond(amount: number, milliseconds: number): number | undefined {
	return milliseconds > 0 && amount >= 0 ? (amount * 1000) / milliseconds : undefined;
}

function latencyOf(first: Sample, last: Sample): number | undefined {
	if (last.latencyMs !== undefined) return last.latencyMs;
	const frames = (last.jitterBufferFrames ?? 0) - (first.jitterBufferFrames ?? 0);
	const seconds = (last.jitterBufferSeconds ?? 0) - (first.jitterBufferSeconds ?? 0);
	return frames > 0 ? (seconds / frames) * 1000 + (last.roundTripMs ?? 0) / 2 : undefined;
}
