/** The parts of a video element that holding it back needs. */
export type HeldVideo = Pick<HTMLVideoElement, 'buffered' | 'currentTime' | 'playbackRate'>;

/** So many target durations must lie ahead: one segment plays while the next comes, and playlists come late. */
const SEGMENTS_AHEAD = 1.5;
/**
 * So many where another picture plays as long as need be: all that a playlist keeps ahead of its readers, which is three
 * parts, or two segments and a half.
 */
const PARTS_AHEAD_BESIDE = 3;
const SEGMENTS_AHEAD_BESIDE = 2;
/** Times of media are not told to the nanosecond. */
const ROUNDING_S = 0.01;

/**
 * Keeps a live HLS picture still until enough of it lies ahead. A cold stream has one segment: played at once it
 * would freeze at the end of each of the next few. The rate is held, not the playing, which viewers may pause.
 */
export class HoldBack {
	readonly #video: HeldVideo;
	#ahead: number;
	#held = true;
	#opening = true;
	/** As of the last update. */
	#targetDuration = 0;

	/**
	 * Holds the picture from now on.
	 *
	 * @param beside whether it is to take over from another one: what comes in parts, or in segments only
	 */
	constructor(video: HeldVideo, beside?: 'parts' | 'segments') {
		this.#video = video;
		this.#ahead =
			beside === undefined ? SEGMENTS_AHEAD : beside === 'parts' ? PARTS_AHEAD_BESIDE : SEGMENTS_AHEAD_BESIDE;
		video.playbackRate = 0;
	}

	/** The picture is kept still. */
	get held(): boolean {
		return this.#held;
	}

	/** The picture was kept still from the beginning. */
	get opening(): boolean {
		return this.#opening;
	}

	/** The picture stopped: if it ran out of data, and is not just decoded late, waits again for enough. */
	hold(): void {
		if (this.#hasEnough) return;
		this.#held = true;
		this.#video.playbackRate = 0;
	}

	/** More data came. @param targetDuration of segments, or of parts where there are such; seconds */
	update(targetDuration: number): void {
		this.#targetDuration = targetDuration;
		if (this.#held && this.#hasEnough) this.release();
	}

	get #hasEnough(): boolean {
		return secondsAhead(this.#video) >= this.#ahead * this.#targetDuration - ROUNDING_S;
	}

	release(): void {
		this.#held = false;
		this.#opening = false;
		this.#ahead = SEGMENTS_AHEAD;
		this.#video.playbackRate = 1;
	}
}

/** Buffered seconds from the current position on; a gap of a tenth of a second does not count. */
export function secondsAhead({ buffered, currentTime }: Pick<HeldVideo, 'buffered' | 'currentTime'>): number {
	for (let range = 0; range < buffered.length; range++) {
		if (buffered.start(range) <= currentTime + 0.1 && currentTime < buffered.end(range)) {
			return buffered.end(range) - currentTime;
		}
	}
	return 0;
}
