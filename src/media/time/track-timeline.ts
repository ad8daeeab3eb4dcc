import { timestampDistance } from '../rtp/rtp.ts';
import { Standstill } from './standstill.ts';

/** A track as far as its timeline is concerned. */
export type TimelineTrack = {
	readonly id: number;
	readonly kind: 'video' | 'audio';
	readonly clockRate: number;
	/** `reorderFrames: 0` says that pictures come in the order they are shown. */
	readonly facts?: { readonly reorderFrames?: number };
};

/** A frame as far as its place is concerned. */
export type TimedFrame = {
	/** 32-bit RTP timestamp. */
	readonly timestamp: number;
	/** `Clock.now()` of its first packet. */
	readonly arrival: number;
	/** Of a picture: whether it has B slices; undefined where that is not known. */
	readonly bidirectional?: boolean | undefined;
	/** Something is missing between the frame before and this one. */
	readonly afterLoss?: boolean;
};

/** A timestamp further off than this, in milliseconds, is not loss or silence but a jump. */
const MAX_STEP = 3000;
/** With B-frames a picture may be shown this much before one that came earlier, in milliseconds and in frames. */
const MAX_REORDER = 1000;
const MAX_REORDER_FRAMES = 16;
/** Frames that must follow a jumped one on its own line before that line is believed. */
const CONFIRMATIONS = 3;

/** Nothing comes before it is taken: a frame earlier than any before it by more, in milliseconds, has another clock. */
const MAX_LEAD = 1000;
/** Milliseconds for which a track is taken as it comes: servers send at once what they kept. */
const SETTLING = 5000;
/** Part of the time by which it is forgotten how early frames came: clocks drift. */
const LEAD_LEAK = 0.001;

/** A run of timestamps: its frame furthest ahead. */
type Line = { timestamp: number; pts: number; arrival: number };
/** A line to be believed or not. */
type Candidate = Line & { readonly afterLoss: boolean };

/**
 * Unwraps the RTP timestamps of one track and repairs its jumps: a frame off the line is placed by its arrival;
 * when the frames after it agree with it, their line becomes the track's. A line that stood still in a pause is moved on.
 */
export class TrackTimeline {
	#track: TimelineTrack;
	readonly #ticksPerMs: number;
	#line: Line | undefined;
	#behind = 0;
	#candidate: Candidate | undefined;
	#confirmations = 0;
	/** Milliseconds by which the earliest frames lately were ahead of arrival. */
	#lead = Number.NEGATIVE_INFINITY;
	/** Arrival of the first frame. */
	#since = 0;
	#jumped = false;
	#torn = false;
	/** B slices were seen. */
	#bidirectional = false;
	readonly #standstill = new Standstill();

	constructor(track: TimelineTrack) {
		this.#track = track;
		this.#ticksPerMs = track.clockRate / 1000;
	}

	get track(): TimelineTrack {
		return this.#track;
	}

	/** The stream says something else of the track than was known; its clock rate stays. */
	change(track: TimelineTrack): void {
		this.#track = track;
		this.#bidirectional = false;
	}

	get started(): boolean {
		return this.#line !== undefined;
	}

	/** Whether the last `place` put the track on a new line, or moved it on. */
	get jumped(): boolean {
		return this.#jumped;
	}

	/** Whether the last `place` put the track on a new line, and something is missing where that line begins. */
	get torn(): boolean {
		return this.#torn;
	}

	/** Whether the last frame was not on the line. */
	get astray(): boolean {
		return this.#candidate !== undefined;
	}

	/** The first frame of the track is at `pts`. */
	start(timestamp: number, pts: number, arrival: number): void {
		this.#line = { timestamp, pts, arrival };
		this.#since = arrival;
	}

	/**
	 * Where a timestamp near the last ones is on the line.
	 *
	 * @returns ticks; undefined before the start
	 */
	position(timestamp: number): number | undefined {
		return this.#line && this.#line.pts + timestampDistance(this.#line.timestamp, timestamp);
	}

	/**
	 * Where the line is expected to be at `arrival`.
	 *
	 * @returns ticks; undefined before the start
	 */
	positionAt(arrival: number): number | undefined {
		return this.#line && this.#line.pts + (arrival - this.#line.arrival) * this.#ticksPerMs;
	}

	/**
	 * How far a timestamp is from what the line expects at `arrival`.
	 *
	 * @returns milliseconds; 0 before the start
	 */
	deviation(timestamp: number, arrival: number): number {
		if (!this.#line) return 0;
		return timestampDistance(this.#line.timestamp, timestamp) / this.#ticksPerMs - (arrival - this.#line.arrival);
	}

	/** @returns the ticks of the next frame of a started track */
	place({ timestamp, arrival, bidirectional = true, afterLoss = false }: TimedFrame): number {
		const line = this.#line;
		if (!line) throw new TypeError('the track has not started');
		this.#jumped = false;
		this.#torn = false;
		this.#bidirectional ||= bidirectional;
		if (this.#follows(line, timestamp, arrival) && !this.#isEarly(line, timestamp, arrival)) {
			this.#candidate = undefined;
			this.#passOver(line, timestamp, arrival);
			const elapsed = arrival - line.arrival;
			const pts = this.#advance(line, timestamp, arrival);
			this.#lead = Math.max(this.#lead - elapsed * LEAD_LEAK, line.pts / this.#ticksPerMs - arrival);
			return pts;
		}
		const candidate = this.#candidate;
		if (candidate && this.#follows(candidate, timestamp, arrival)) {
			const pts = this.#advance(candidate, timestamp, arrival);
			this.#confirmations += 1;
			if (this.#confirmations >= CONFIRMATIONS) {
				this.#line = candidate;
				this.#candidate = undefined;
				this.#jumped = true;
				this.#torn = candidate.afterLoss;
				this.#standstill.reset();
			}
			return pts;
		}
		const elapsed = Math.round((arrival - line.arrival) * this.#ticksPerMs);
		const pts = Math.max(line.pts + elapsed, line.pts + 1, (candidate?.pts ?? 0) + 1);
		this.#candidate = { timestamp, pts, arrival, afterLoss: afterLoss || candidate?.afterLoss === true };
		this.#confirmations = 0;
		this.#behind = 0;
		return pts;
	}

	/**
	 * Whether a frame may be placed before an earlier one. Where the stream does not say, its slices do: the clock of a
	 * camera that sends no B-frames was set back.
	 */
	get #reorders(): boolean {
		const { kind, facts } = this.#track;
		return kind === 'video' && (facts?.reorderFrames === undefined ? this.#bidirectional : facts.reorderFrames > 0);
	}

	#follows(line: Line, timestamp: number, arrival: number): boolean {
		const step = timestampDistance(line.timestamp, timestamp) / this.#ticksPerMs;
		if (step < 0) return this.#reorders && step >= -MAX_REORDER && this.#behind < MAX_REORDER_FRAMES;
		// A long step is right when as much time has passed: silence, or a camera that paused.
		return step <= MAX_STEP || Math.abs(step - (arrival - line.arrival)) <= MAX_STEP;
	}

	/** Whether the frame would be there before it could be taken: the clock was set ahead. */
	#isEarly(line: Line, timestamp: number, arrival: number): boolean {
		if (arrival - this.#since < SETTLING) return false;
		const pts = line.pts + timestampDistance(line.timestamp, timestamp);
		return pts / this.#ticksPerMs - arrival > this.#lead + MAX_LEAD;
	}

	/** Adds the time for which the timestamps stood still. */
	#passOver(line: Line, timestamp: number, arrival: number): void {
		const step = timestampDistance(line.timestamp, timestamp) / this.#ticksPerMs;
		if (step < 0) return;
		const stood = this.#standstill.judge(arrival - line.arrival - step, arrival);
		if (stood === 0) return;
		line.pts += Math.round(stood * this.#ticksPerMs);
		this.#jumped = true;
	}

	#advance(line: Line, timestamp: number, arrival: number): number {
		const step = timestampDistance(line.timestamp, timestamp);
		if (step < 0) {
			this.#behind += 1;
			return line.pts + step;
		}
		this.#behind = 0;
		line.timestamp = timestamp;
		line.pts += step;
		line.arrival = arrival;
		return line.pts;
	}
}
