import type { Continuity } from '../continuity.ts';
import type { CutSegment, InitSegment, OpenSegment, Part, Place, Segment } from '../segments/segment.ts';
import type { Naming } from './names.ts';

/** Seconds a first segment leaves to later ones before they break the target duration it set. */
const TARGET_SLACK = 0.2;
/** RFC 8216 section 6.2.2: removing a segment must leave this many target durations. */
const MIN_TARGETS = 3;
/** Milliseconds by which a segment's date may be off its wall clock before dates begin to follow that. */
const WALL_STEADY = 20;
/**
 * Milliseconds by which a date then leaves the durations before it. Players that place segments by their dates make a
 * gap of it: this one browsers close, at 20 ms they stop.
 */
const WALL_FOLLOW = 3;
/** Beyond this, in milliseconds, the clock was set. */
const WALL_SET = 1000;
/** Milliseconds by which a segment's wall clock may lag behind the sum of the durations before it, at a discontinuity. */
const WALL_TREMBLE = 100;

export type PlaylistWindowOptions = {
	/** Segments in the playlist; more are kept when they are too short for three target durations. */
	segmentCount: number;
	/** Seconds. */
	segmentDuration: number;
	names: Naming;
	continuity: Continuity;
};

/** Segments measured, from which on a busier one than all of them is not to be expected; and what is added before. */
const PEAK_KNOWN = 10;
const PEAK_ALLOWANCE = 1.5;

type Retired = { readonly segment: Segment; readonly until: number };

/**
 * The segments of one run: those in the playlist, and those just removed, which stay fetchable for their own
 * duration plus the longest playlist that held them (RFC 8216 section 6.2.2). It holds the first use of their memory.
 */
export class PlaylistWindow {
	readonly #options: PlaylistWindowOptions;
	readonly #listed: Segment[] = [];
	readonly #retired: Retired[] = [];
	#discontinuitySequence: number;
	/** Seconds of the longest playlist so far. */
	#longest = 0;
	#peak = 0;
	#measured = 0;
	#promised = false;
	#init: { readonly segment: InitSegment; readonly name: string } | undefined;

	constructor(options: PlaylistWindowOptions) {
		this.#options = options;
		this.#discontinuitySequence = options.continuity.nextDiscontinuity;
	}

	get listed(): readonly Segment[] {
		return this.#listed;
	}

	/** Discontinuity sequence number of the first listed segment, before its own discontinuity. */
	get discontinuitySequence(): number {
		return this.#discontinuitySequence;
	}

	/**
	 * Seconds, whole. It only changes until it is promised: upwards, for segments longer than the first let expect. In a later
	 * run, whose players may be those of an earlier one, it changes for segments only that no key picture can keep below it.
	 */
	get targetDuration(): number {
		return this.#options.continuity.targetDuration;
	}

	/** Seconds that no segment may reach once players know the target duration: it is theirs for good. */
	get longest(): number {
		return this.#promised ? this.targetDuration + 0.5 : Number.POSITIVE_INFINITY;
	}

	/** Seconds that no segment should reach, as players of an earlier run know the target duration. */
	get preferred(): number {
		return this.#options.continuity.targetPromised ? this.targetDuration + 0.5 : Number.POSITIVE_INFINITY;
	}

	/**
	 * A playlist is given out.
	 *
	 * @param open seconds of the segment that is being made, which the target duration must hold for too
	 * @returns whether it was raised for it
	 */
	promise(open = 0): boolean {
		if (this.#promised) return false;
		this.#promised = true;
		const { continuity } = this.#options;
		const before = this.targetDuration;
		continuity.targetDuration = Math.max(before, Math.round(open + this.#slack));
		continuity.targetPromised = true;
		return this.targetDuration > before;
	}

	/** Seconds of all listed segments. */
	get duration(): number {
		let sum = 0;
		for (const segment of this.#listed) sum += segment.duration;
		return sum;
	}

	/** Milliseconds for which the files must stay when the playlist goes (RFC 8216 section 6.2.2). */
	get retention(): number {
		const longest = this.#listed.reduce((most, { duration }) => Math.max(most, duration), 0);
		return (longest + this.#longest) * 1000;
	}

	/** Bits per second over the listed segments. */
	get bitrate(): number {
		let bytes = 0;
		for (const segment of this.#listed) bytes += segment.bytes.length;
		return this.#listed.length > 0 ? (bytes * 8) / this.duration : 0;
	}

	/**
	 * Bits per second of the busiest segment that is not much shorter than others (section 4.3.4.2): those so far, and in
	 * the beginning half as much again, because a client may never ask for it once more.
	 */
	get peakBitrate(): number {
		return Math.max(this.#peak, this.bitrate) * (this.#measured < PEAK_KNOWN ? PEAK_ALLOWANCE : 1);
	}

	/** Frames per second over the listed segments. */
	get frameRate(): number {
		let frames = 0;
		for (const segment of this.#listed) frames += segment.frames;
		return this.#listed.length > 0 ? frames / this.duration : 0;
	}

	/** Where the next segment will stand. */
	place(next: OpenSegment): Place {
		const { continuity, names } = this.#options;
		const sequence = continuity.nextSequence;
		if (next.init && next.init !== this.#init?.segment) this.#init = { segment: next.init, name: names.init(sequence) };
		return { sequence, name: names.segment(sequence), initName: this.#init?.name, wall: this.#wallOf(next) };
	}

	/** @param now `Clock.now()` */
	add(cut: CutSegment & { readonly parts?: readonly Part[] }, now: number): Segment {
		const { continuity } = this.#options;
		const segment: Segment = { ...cut, ...this.place(cut) };
		continuity.nextSequence++;
		if (cut.discontinuity) continuity.nextDiscontinuity++;
		this.#raiseTarget(cut.duration);
		this.#listed.push(segment);
		if (cut.duration >= this.targetDuration / 2) {
			this.#peak = Math.max(this.#peak, (cut.bytes.length * 8) / cut.duration);
			this.#measured++;
		}
		// Its parts stood behind all that is listed, before anything was removed.
		if (cut.parts) this.#longest = Math.max(this.#longest, this.duration);
		this.#evict(now);
		this.#longest = Math.max(this.#longest, this.duration);
		return segment;
	}

	/** Lets go of removed segments that nobody may come for any more. @param now `Clock.now()` */
	expire(now: number): void {
		while (this.#retired[0] && this.#retired[0].until <= now) this.#retired.shift()?.segment.memory?.release();
	}

	/** A segment that is listed, or was lately. */
	find(name: string, now: number): Segment | undefined {
		return this.#search((segment) => segment.name === name, now);
	}

	/** An init segment of one that is. */
	findInit(name: string, now: number): InitSegment | undefined {
		return this.#search((segment) => segment.initName === name, now)?.init;
	}

	#search(matches: (segment: Segment) => boolean, now: number): Segment | undefined {
		return (
			this.#listed.find(matches) ?? this.#retired.find(({ segment, until }) => until > now && matches(segment))?.segment
		);
	}

	#raiseTarget(duration: number): void {
		if (this.#promised) return;
		const { continuity, segmentDuration } = this.#options;
		const expected = this.#listed.length === 0 ? Math.max(segmentDuration, duration + this.#slack) : duration;
		continuity.targetDuration = Math.max(1, continuity.targetDuration, Math.round(expected));
	}

	get #slack(): number {
		return this.#options.continuity.targetPromised ? 0 : TARGET_SLACK;
	}

	#evict(now: number): void {
		const kept = MIN_TARGETS * this.targetDuration;
		for (let first = this.#listed[0]; first; first = this.#listed[0]) {
			if (this.#listed.length <= this.#options.segmentCount || this.duration - first.duration < kept) break;
			this.#listed.shift();
			if (first.discontinuity) this.#discontinuitySequence++;
			this.#retired.push({ segment: first, until: now + (first.duration + this.#longest) * 1000 });
		}
		this.expire(now);
	}

	/** The machine's clock may be set back; a playlist's must not run back. */
	#wallOf(next: OpenSegment): number {
		const before = this.#listed.at(-1);
		if (!before) return next.wall;
		const due = before.wall + before.duration * 1000;
		const off = next.wall - due;
		if (next.discontinuity) return off < -WALL_TREMBLE ? due : next.wall;
		if (off > WALL_SET) return next.wall;
		if (off < -WALL_SET || Math.abs(off) <= WALL_STEADY) return due;
		return due + Math.sign(off) * WALL_FOLLOW;
	}
}
