import type { Continuity } from './continuity.ts';
import { type CutSegment, type Segment, segmentName } from './segment.ts';

/** Seconds a first segment leaves to later ones before they break the target duration it set. */
const TARGET_SLACK = 0.2;
/** RFC 8216 section 6.2.2: removing a segment must leave this many target durations. */
const MIN_TARGETS = 3;
/** Milliseconds by which a segment's wall clock may lag behind the sum of the durations before it. */
const WALL_TREMBLE = 100;

export type PlaylistWindowOptions = {
	/** Segments in the playlist; more are kept when they are too short for three target durations. */
	segmentCount: number;
	/** Seconds. */
	segmentDuration: number;
	/** Token of this run in segment names. */
	run: string;
	continuity: Continuity;
};

type Retired = { readonly segment: Segment; readonly until: number };

/**
 * The segments of one run: those in the playlist, and those just removed, which stay fetchable for their own
 * duration plus the longest playlist that held them (RFC 8216 section 6.2.2).
 */
export class PlaylistWindow {
	readonly #options: PlaylistWindowOptions;
	readonly #listed: Segment[] = [];
	readonly #retired: Retired[] = [];
	#discontinuitySequence: number;
	#longest = 0;

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

	/** Seconds, whole. It only changes, upwards, when a later segment is longer than the first let expect. */
	get targetDuration(): number {
		return this.#options.continuity.targetDuration;
	}

	/** Seconds of all listed segments. */
	get duration(): number {
		let sum = 0;
		for (const segment of this.#listed) sum += segment.duration;
		return sum;
	}

	/** @param now `Clock.now()` */
	add(cut: CutSegment, now: number): Segment {
		const { continuity, run } = this.#options;
		const sequence = continuity.nextSequence++;
		const segment: Segment = { ...cut, sequence, name: segmentName(run, sequence), wall: this.#wallOf(cut) };
		if (cut.discontinuity) continuity.nextDiscontinuity++;
		this.#raiseTarget(cut.duration);
		this.#listed.push(segment);
		this.#longest = Math.max(this.#longest, this.duration);
		this.#evict(now);
		return segment;
	}

	find(name: string, now: number): Segment | undefined {
		const listed = this.#listed.find((segment) => segment.name === name);
		return listed ?? this.#retired.find(({ segment, until }) => until > now && segment.name === name)?.segment;
	}

	#raiseTarget(duration: number): void {
		const { continuity, segmentDuration } = this.#options;
		const expected = this.#listed.length === 0 ? Math.max(segmentDuration, duration + TARGET_SLACK) : duration;
		continuity.targetDuration = Math.max(1, continuity.targetDuration, Math.round(expected));
	}

	#evict(now: number): void {
		const kept = MIN_TARGETS * this.targetDuration;
		for (let first = this.#listed[0]; first; first = this.#listed[0]) {
			if (this.#listed.length <= this.#options.segmentCount || this.duration - first.duration < kept) break;
			this.#listed.shift();
			if (first.discontinuity) this.#discontinuitySequence++;
			this.#retired.push({ segment: first, until: now + (first.duration + this.#longest) * 1000 });
		}
		while (this.#retired[0] && this.#retired[0].until <= now) this.#retired.shift();
	}

	/** The machine's clock may be set back; a playlist's must not run back. */
	#wallOf(cut: CutSegment): number {
		const before = this.#listed.at(-1);
		if (!before) return cut.wall;
		const due = before.wall + before.duration * 1000;
		return cut.wall < due - WALL_TREMBLE ? due : cut.wall;
	}
}
