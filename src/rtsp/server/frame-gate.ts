import type { PresentationFrame } from './presentation.ts';

/** Bytes that may wait for one client before frames are dropped. About 4 s of a camera of 2 Mbit/s. */
export const MAX_BACKLOG = 1024 * 1024;

/**
 * Decides which frames one client gets. Playing starts with a key frame. When more than `MAX_BACKLOG` bytes wait,
 * everything is dropped until there is room and, for the video, until the next key frame; so a slow client sees
 * jumps, never a broken picture, and holds a bounded amount of memory.
 */
export class FrameGate {
	readonly #needsKey: boolean;
	#started = false;
	#videoOpen = false;
	#fullSince: number | undefined;

	/** Frames not sent since the client fell behind. */
	dropped = 0;

	/** @param hasVideo whether the client has set up a video track */
	constructor(hasVideo: boolean) {
		this.#needsKey = hasVideo;
		this.#started = !hasVideo;
	}

	/** `Clock.now()` since when the queue has been full at every frame; undefined when it is not. */
	get fullSince(): number | undefined {
		return this.#fullSince;
	}

	/**
	 * @param backlog bytes waiting for this client
	 * @param now `Clock.now()`
	 */
	admits(frame: PresentationFrame, kind: 'video' | 'audio', backlog: number, now: number): boolean {
		if (backlog > MAX_BACKLOG) {
			this.#fullSince ??= now;
			this.#videoOpen = false;
			this.dropped += 1;
			return false;
		}
		this.#fullSince = undefined;
		if (kind === 'audio') return this.#started;
		if (frame.key) this.#videoOpen = true;
		else if (!this.#videoOpen && this.#started) this.dropped += 1;
		this.#started ||= this.#videoOpen || !this.#needsKey;
		return this.#videoOpen;
	}
}
