import type { Continuity } from './continuity.ts';

/** Of one frame, that frames may tremble by before a part holds one fewer. */
const TREMBLE = 0.15;
/** Of the promise, that a part lasts at least. */
const LEAST_PART = 0.85;
/** Of the last frame, that the next is assumed to take at least. */
const LEAST_NEXT = 0.75;
const TINY = 1e-6;

/**
 * How long parts are. The longest part is promised once in the life of a playlist URL: players do not survive a
 * change. The first part sets it, to a whole number of its frames, so that later ones are at least 85 % of it
 * (draft-pantos-hls-rfc8216bis section 4.4.4.9). All times are in seconds.
 */
export class PartTarget {
	readonly #continuity: Continuity;
	readonly #aim: number;

	/** @param aim what was asked for; a part is the number of frames nearest to it */
	constructor(aim: number, continuity: Continuity) {
		this.#aim = aim;
		this.#continuity = continuity;
	}

	/** The promise; 0 before the first part. */
	get seconds(): number {
		return this.#continuity.partTarget;
	}

	/** Whether a part has to end before this frame. */
	excludes(part: number, frame: number): boolean {
		return this.seconds > 0 && part > 0 && part + frame > this.seconds + TINY;
	}

	/**
	 * Seconds that a frame may take in a part that must end before the next one, when the part without the frame
	 * would be too short: cameras send at uneven times. Undefined when that is not so, or the frame is too long.
	 */
	roomFor(part: number, frame: number): number | undefined {
		if (!this.excludes(Math.max(part, TINY), frame) || this.#isEnough(part)) return undefined;
		const room = this.seconds - part;
		return frame - room < this.seconds ? room : undefined;
	}

	/** Whether a part of so many frames can end, because no next one would fit. */
	isWhole(part: number, frames: number, lastFrame: number): boolean {
		if (this.seconds > 0) return this.#isEnough(part) && part + LEAST_NEXT * lastFrame > this.seconds;
		if (part < this.#aim - part / frames / 2) return false;
		this.settle(part, frames);
		return true;
	}

	#isEnough(part: number): boolean {
		return part >= LEAST_PART * this.seconds - TINY;
	}

	/** A part ended; the first one says how long parts are. */
	settle(part: number, frames: number): void {
		if (this.seconds > 0) return;
		const whole = Math.max(part, this.#aim * LEAST_NEXT);
		this.#continuity.partTarget = Math.ceil((whole + (TREMBLE * part) / frames) * 1000 - TINY) / 1000;
	}
}
