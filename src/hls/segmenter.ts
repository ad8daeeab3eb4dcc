import type { AccessUnit } from '../media/unit.ts';
import { type CarriedTracks, NO_TRACKS, sameStreams } from './carried-tracks.ts';
import type { CutSegment, OpenSegment } from './segment.ts';
import { type SegmentWriter, TICKS, toTicks } from './segment-writer.ts';

/** A key picture this early still ends a segment: cameras stamp by a clock that trembles. Ticks. */
const KEY_TREMBLE = 0.01 * TICKS;
/** Of the longest frame so far, and ticks at most, that a segment keeps free for the next frame. */
const LEAST_HEADROOM = 1.2;
const MOST_HEADROOM = 0.2 * TICKS;
/** Length of a lone unit that nothing follows. Ticks. */
const ASSUMED_FRAME = TICKS / 25;

/** Without a key picture a segment is cut here all the same; the next one then cannot be started with. */
export const MAX_SEGMENT_SECONDS = 10;
export const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

type Open = OpenSegment & {
	readonly epoch: number;
	readonly start: number;
	/** Units of the leading track, time and length of the last, and the greatest length. */
	frames: number;
	last: number;
	frame: number;
	longestFrame: number;
};

export type SegmenterOptions = {
	/** Seconds; segments end at the first key picture at or after. */
	segmentDuration: number;
	writer: SegmentWriter;
	/** Seconds that a segment must not reach; it is cut before, key picture or not. */
	longest?(): number;
	/** A segment begins; nothing of it is written yet. */
	onBegin?(segment: OpenSegment): void;
	onSegment(segment: CutSegment): void;
};

/**
 * Cuts access units into segments. The video leads: each segment starts with a key picture, and audio
 * waits for the first. Without video the audio leads. A break of the timeline, of the track set or of the picture
 * format ends the segment and marks the next one as a discontinuity.
 */
export class Segmenter {
	readonly #options: SegmenterOptions;
	readonly #writer: SegmentWriter;
	readonly #minimum: number;
	#carried: CarriedTracks = NO_TRACKS;
	#open: Open | undefined;
	#broken = false;
	/** Ticks by which the segment to come begins before its first unit. */
	#early = 0;
	/** Access units written. */
	units = 0;
	/** Access units left out because their container has no form for them. */
	dropped = 0;

	constructor(options: SegmenterOptions) {
		this.#options = options;
		this.#writer = options.writer;
		this.#minimum = options.segmentDuration * TICKS - KEY_TREMBLE;
	}

	get carried(): CarriedTracks {
		return this.#carried;
	}

	/** Seconds of the open segment up to its last unit; 0 when there is none. */
	get elapsed(): number {
		return this.#open ? (this.#open.last - this.#open.start) / TICKS : 0;
	}

	setTracks(carried: CarriedTracks): void {
		if (!sameStreams(carried, this.#carried)) this.#break();
		this.#carried = carried;
	}

	push(unit: AccessUnit): void {
		const { video, audio } = this.#carried;
		const leads = unit.track.id === (video ? video.id : audio?.track.id);
		if (!leads && unit.track.id !== audio?.track.id) return;
		if (this.#open && unit.epoch !== this.#open.epoch) this.#break();
		if (leads) this.#lead(unit);
		if (!this.#open) return;
		// A leading video that fell silent must not let the segment grow without end.
		const fits = leads || this.#writer.length <= MAX_SEGMENT_BYTES;
		if (fits && this.#writer.write(unit)) this.units++;
		else this.dropped++;
	}

	/** Opens, continues or ends the segment for a unit of the leading track. */
	#lead(unit: AccessUnit): void {
		const time = decodingTime(unit);
		const independent = unit.kind === 'audio' || unit.key;
		const open = this.#open;
		if (!open) {
			if (independent) this.#begin(unit, time, independent);
			return;
		}
		const elapsed = time - open.start;
		if (unit.kind === 'video' && unit.key && !this.#writer.continues(unit)) {
			this.#close(time, true);
			this.#broken = true;
		} else if (this.#endsBefore(open, independent, elapsed)) {
			this.#close(time, false);
		}
		if (!this.#open) this.#begin(unit, time, independent);
		else {
			open.frames++;
			open.frame = time - open.last;
			open.longestFrame = Math.max(open.longestFrame, open.frame);
			open.last = time;
		}
	}

	#endsBefore(open: Open, independent: boolean, elapsed: number): boolean {
		// After a segment that nobody can start with, the next one that can must not wait.
		if (independent && (elapsed >= this.#minimum || !open.independent)) return true;
		const longest = Math.min(MAX_SEGMENT_SECONDS * TICKS, this.#longest());
		const next = LEAST_HEADROOM * Math.max(open.longestFrame, elapsed - (open.last - open.start));
		return elapsed > longest - Math.min(next, MOST_HEADROOM) || this.#writer.length > MAX_SEGMENT_BYTES;
	}

	/** Ticks that a segment must not reach. */
	#longest(): number {
		return Math.floor((this.#options.longest?.() ?? Number.POSITIVE_INFINITY) * TICKS);
	}

	#begin(unit: AccessUnit, time: number, independent: boolean): void {
		this.#writer.begin(this.#carried, unit);
		this.#open = {
			epoch: unit.epoch,
			start: time - this.#early,
			wall: unit.wall - (1000 * this.#early) / TICKS,
			init: this.#writer.init,
			discontinuity: this.#broken,
			independent,
			frames: 1,
			last: time,
			frame: unit.kind === 'audio' ? toTicks(unit.duration, unit.track.clockRate) : ASSUMED_FRAME,
			longestFrame: 0,
		};
		this.#broken = false;
		this.#early = 0;
		this.#options.onBegin?.(this.#open);
	}

	/** Ends the segment with the last unit it got; the next one does not continue it. */
	#break(): void {
		const open = this.#open;
		if (!open) return;
		this.#close(open.last + Math.max(1, open.frame), true);
		this.#broken = true;
	}

	#close(end: number, last: boolean): void {
		const open = this.#open;
		if (!open) return;
		const { start, frames, wall, discontinuity, independent, init } = open;
		this.#open = undefined;
		// A picture that stood for long stands on into the next segment.
		const kept = last ? end : Math.min(end, start + this.#longest() - 1);
		const { bytes, memory, end: real } = this.#writer.finish(kept, last);
		this.#early = last ? 0 : end - real;
		const duration = (real - start) / TICKS;
		this.#options.onSegment({ bytes, memory, duration, frames, wall, discontinuity, independent, init });
	}
}

function decodingTime(unit: AccessUnit): number {
	return toTicks(unit.kind === 'video' ? unit.dts : unit.pts, unit.track.clockRate);
}
