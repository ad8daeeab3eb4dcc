import type { Continuity } from '../continuity.ts';

/** Of one frame, that frames may tremble by before a part holds one fewer. */
const TREMBLE = 0.15;
/** Of the promise, that a part lasts at least. */
const LEAST_PART = 0.85;
/** Of what was asked for, that is promised at least where segments are shorter. */
const LEAST_AIM = 0.75;
/** Of the last frame, that the next is assumed to take at least. */
const LEAST_NEXT = 0.75;
const TINY = 1e-6;

/** Frames, or seconds of fewer, that say how long frames are: one late picture says nothing. */
const KNOWN_FRAMES = 3;
const KNOWN_SECONDS = 10;
/** Frames of a segment that are looked at. */
const MAX_FRAMES = 1000;
/** Seconds that the next segment makes up for. With more, pictures would be decoded long before they are shown: players stop. */
export const MAX_REST = 0.5;

/**
 * How long parts are. The longest part is promised once in the life of a playlist URL: players do not survive a
 * change, nor a longer part. The frames of the first segment set it, to a whole number of the middle one of them, so
 * that later parts are at least 85 % of it (draft-pantos-hls-rfc8216bis section 4.4.4.9). All times are in seconds.
 */
export class PartTarget {
	readonly #continuity: Continuity;
	readonly #aim: number;
	/** Lengths of the frames of the segment in work; of all so far while nothing is promised. */
	#frames: number[] = [];
	#divides = true;

	/** @param aim what was asked for; a part is the number of frames nearest to it */
	constructor(aim: number, continuity: Continuity) {
		this.#aim = aim;
		this.#continuity = continuity;
	}

	/** The promise; 0 until enough frames are known. */
	get seconds(): number {
		return this.#continuity.partTarget;
	}

	/**
	 * Whether the next segment is divided into parts. Not after one whose frames were longer than parts may be, as when a
	 * camera sends fewer at night: no part can be made of less than a frame.
	 */
	get divides(): boolean {
		return this.seconds > 0 && this.#divides;
	}

	/** A frame of the segment in work, and how long after it the next one came. */
	see(frame: number): void {
		if (this.#frames.length < MAX_FRAMES) this.#frames.push(frame);
	}

	/** Promises, if nothing is promised and enough frames are known. */
	settle(): void {
		const frame = middle(this.#frames);
		if (this.seconds > 0 || frame === undefined || !this.#isKnown()) return;
		const aim = Math.min(this.#aim, Math.max(sum(this.#frames), LEAST_AIM * this.#aim));
		const count = Math.max(1, Math.ceil(aim / frame - 0.5 - TINY));
		this.#continuity.partTarget = Math.ceil((count + TREMBLE) * frame * 1000 - TINY) / 1000;
	}

	/** The segment in work ends. */
	endSegment(): void {
		if (this.seconds === 0) return;
		this.#divides = this.#fits;
		this.#frames = [];
	}

	/** Whether the next segment can make up for what this one leaves over: by its parts, or because it has none. */
	makesUpFor(rest: number): boolean {
		return rest <= MAX_REST || !this.#fits;
	}

	/** Whether a part has to end before this frame. */
	endsBefore(part: number, frame: number): boolean {
		return part > 0 && part + frame > this.seconds + TINY && this.#isEnough(part);
	}

	/**
	 * What a part has room for of a frame that is too long for it, when the part cannot end before: it would be too short,
	 * or empty. Undefined when the whole frame fits.
	 */
	roomFor(part: number, frame: number): number | undefined {
		return part + frame > this.seconds + TINY ? this.seconds - part : undefined;
	}

	/** What is left over of a frame that the segment ends with. */
	restOf(part: number, frame: number): number {
		const before = this.endsBefore(part, frame) ? 0 : part;
		return frame - (this.roomFor(before, frame) ?? frame);
	}

	/** Whether a part can end, because no next frame would fit. */
	isWhole(part: number, lastFrame: number): boolean {
		return this.#isEnough(part) && part + LEAST_NEXT * lastFrame > this.seconds;
	}

	/** Whether the frames of the segment in work are no longer than parts may be. */
	get #fits(): boolean {
		return (middle(this.#frames) ?? 0) <= this.seconds;
	}

	#isEnough(part: number): boolean {
		return part >= LEAST_PART * this.seconds - TINY;
	}

	#isKnown(): boolean {
		return this.#frames.length >= KNOWN_FRAMES || sum(this.#frames) >= KNOWN_SECONDS;
	}
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

function middle(values: readonly number[]): number | undefined {
	return values.toSorted((one, other) => one - other)[(values.length - 1) >> 1];
}
