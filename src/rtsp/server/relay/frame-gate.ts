import { SERVER_LIMITS } from '../limits.ts';
import type { PresentationFrame } from '../presentation.ts';

/**
 * Decides which frames one client gets. Playing starts with a key frame. When more waits than may, the client is cut
 * to key frames, and to all frames again when it has caught up; so a slow client sees jumps, never a broken picture,
 * and holds a bounded amount of memory.
 */
export class FrameGate {
	readonly #needsKey: boolean;
	#started: boolean;
	#state: 'closed' | 'open' | 'cut' = 'closed';
	/** Bytes that wait on top because they were sent at once at the start. */
	#replayed = 0;
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

	/** Nothing was sent for a while on purpose: it goes on with a key frame. */
	restart(): void {
		this.#state = 'closed';
		this.#started = !this.#needsKey;
		this.#fullSince = undefined;
	}

	/** A frame of the past, sent at once: it may wait longer. */
	admitsReplay(frame: PresentationFrame, kind: 'video' | 'audio', bytes: number): boolean {
		if (kind === 'audio') {
			if (!this.#started) return false;
		} else if (frame.key) {
			this.#state = 'open';
			this.#started = true;
		} else if (this.#state === 'closed') {
			return false;
		}
		this.#replayed += bytes;
		return true;
	}

	/**
	 * @param backlog bytes waiting for this client
	 * @param now `Clock.now()`
	 */
	admits(frame: PresentationFrame, kind: 'video' | 'audio', backlog: number, now: number): boolean {
		const { backlogBytes, recoveredBytes } = SERVER_LIMITS;
		if (backlog <= backlogBytes) this.#replayed = 0;
		if (backlog > backlogBytes + this.#replayed) {
			this.#fullSince ??= now;
			if (this.#state === 'open') this.#state = 'cut';
			if (this.#started) this.dropped += 1;
			return false;
		}
		this.#fullSince = undefined;
		if (kind === 'audio') return this.#started;
		if (frame.key) {
			if (this.#state === 'closed' || backlog <= recoveredBytes) this.#state = 'open';
			this.#started = true;
			return true;
		}
		if (this.#state === 'open') return true;
		if (this.#started) this.dropped += 1;
		return false;
	}
}
