import type { AccessUnit, AudioUnit } from '../../media/unit.ts';
import { type CarriedTracks, NO_TRACKS, sameStreams } from '../carried-tracks.ts';
import type { CutSegment, OpenSegment } from './segment.ts';
import { type SegmentWriter, TICKS, toTicks } from './segment-writer.ts';
import { SteadySound } from './steady-sound.ts';

/** A key picture this early still ends a segment: cameras stamp by a clock that trembles. Ticks. */
const KEY_TREMBLE = 0.01 * TICKS;
/** Of the longest frame so far, and ticks at most, that a segment keeps free for the next frame. */
const LEAST_HEADROOM = 1.2;
const MOST_HEADROOM = 0.2 * TICKS;
/** Length of a lone unit that nothing follows. Ticks. */
const ASSUMED_FRAME = TICKS / 25;

/**
 * Without a key picture a segment is cut before this all the same; the next one then cannot be started with. Key
 * pictures ten seconds apart, as x264 sends them at 25 frames a second, fit.
 */
export const MAX_SEGMENT_SECONDS = 10.5;
export const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

type Open = OpenSegment & {
	readonly epoch: number;
	readonly start: number;
	/** Units of the leading track, times of the first, the last and the last key picture, and the greatest length. */
	frames: number;
	readonly first: number;
	last: number;
	lastKey: number;
	longestFrame: number;
};

export type SegmenterOptions = {
	/** Seconds; segments end at the first key picture at or after. */
	segmentDuration: number;
	writer: SegmentWriter;
	/** Seconds that a segment must not reach; it is cut before, key picture or not. */
	longest?(): number;
	/** Seconds that one should not reach; it ends at the key picture before, and pauses do not prolong it. */
	preferred?(): number;
	/** A segment begins; nothing of it is written yet. */
	onBegin?(segment: OpenSegment): void;
	onSegment(segment: CutSegment): void;
};

/**
 * Cuts access units into segments. The video leads: each segment starts with a key picture, and audio
 * waits for the first. Without video the audio leads. A break of the timeline, of the track set or of the picture
 * format ends the segment and marks the next one as a discontinuity; so does a silence that parts cannot be made of.
 */
export class Segmenter {
	readonly #options: SegmenterOptions;
	readonly #writer: SegmentWriter;
	readonly #minimum: number;
	#carried: CarriedTracks = NO_TRACKS;
	/** Sound beside pictures. */
	#sound: SteadySound | undefined;
	#open: Open | undefined;
	#broken = false;
	/** Ticks from one unit of the leading track to the next, as of late. */
	#frame = ASSUMED_FRAME;
	/** Ticks by which the segment to come begins before its first unit. */
	#early = 0;
	/** Access units written. */
	units = 0;
	/** Access units left out: their container has no form for them, or silence has their place. */
	dropped = 0;

	constructor(options: SegmenterOptions) {
		this.#options = options;
		this.#writer = options.writer;
		this.#minimum = options.segmentDuration * TICKS - KEY_TREMBLE;
	}

	get carried(): CarriedTracks {
		return this.#carried;
	}

	/** Seconds from the first unit of the open segment to its last; 0 when there is none. */
	get elapsed(): number {
		return this.#open ? (this.#open.last - this.#open.first) / TICKS : 0;
	}

	setTracks(carried: CarriedTracks): void {
		const { video, audio } = carried;
		if (!sameStreams(carried, this.#carried)) {
			this.#break();
			this.#sound = video && audio?.silence && new SteadySound(audio.track, audio.silence);
		}
		this.#carried = carried;
	}

	push(unit: AccessUnit): void {
		const { video, audio } = this.#carried;
		const leads = unit.track.id === (video ? video.id : audio?.track.id);
		if (!leads && unit.track.id !== audio?.track.id) return;
		if (this.#open && unit.epoch !== this.#open.epoch) this.#break();
		if (leads) this.#lead(unit);
		if (!this.#open) return;
		if (!leads && this.#sound) this.#writeSound(unit as AudioUnit, this.#sound);
		else if (this.#write(unit, leads)) this.units++;
		else this.dropped++;
	}

	#writeSound(sound: AudioUnit, steady: SteadySound): void {
		let written = false;
		for (const unit of steady.follow(sound)) {
			const done = this.#write(unit, false);
			if (unit === sound) written = done;
		}
		if (written) this.units++;
		else this.dropped++;
	}

	/** A leading video that stopped must not let the segment grow without end. */
	#write(unit: AccessUnit, leads: boolean): boolean {
		return (leads || this.#writer.length <= MAX_SEGMENT_BYTES) && this.#writer.write(unit);
	}

	/** Opens, continues or ends the segment for a unit of the leading track. */
	#lead(unit: AccessUnit): void {
		const time = decodingTime(unit);
		const starts = unit.kind === 'audio' || unit.key;
		const independent = starts && !(unit.kind === 'video' && unit.refresh);
		const open = this.#open;
		if (!open) {
			if (starts) this.#begin(unit, time, independent);
			return;
		}
		const other = unit.kind === 'video' && unit.key && !this.#writer.continues(unit);
		const over = Math.max(0, time - open.start - this.#kept(open));
		if (other || (starts && !this.#writer.makesUpFor(time, over))) {
			this.#break(time);
		} else {
			// Before the segment ends: it needs its sound.
			if (unit.kind === 'video') for (const silent of this.#sound?.beside(unit, time) ?? []) this.#write(silent, false);
			if (this.#endsBefore(open, starts, independent, time)) this.#close(time, false);
			this.#frame = time - open.last;
		}
		if (!this.#open) this.#begin(unit, time, independent);
		else {
			open.frames++;
			open.longestFrame = Math.max(open.longestFrame, this.#frame);
			open.last = time;
			if (starts) open.lastKey = time;
		}
	}

	#endsBefore(open: Open, starts: boolean, independent: boolean, time: number): boolean {
		// After a segment that nobody can start with, the next one that can must not wait.
		if (independent && !open.independent) return true;
		const elapsed = time - open.start;
		if (starts && elapsed >= this.#minimum && open.frames >= this.#writer.leastFrames) return true;
		const duration = elapsed - this.#writer.rest(time);
		const longest = Math.min(MAX_SEGMENT_SECONDS * TICKS, this.#longest());
		const next = LEAST_HEADROOM * Math.max(open.longestFrame, time - open.last);
		const headroom = Math.min(next, MOST_HEADROOM);
		// Rather at a key picture that comes too early, when the next one will come too late.
		if (starts && duration + time - open.lastKey > Math.min(longest, this.#preferred()) - headroom) return true;
		return duration > longest - headroom || this.#writer.length > MAX_SEGMENT_BYTES;
	}

	/** Ticks that a segment must not reach. */
	#longest(): number {
		return Math.floor((this.#options.longest?.() ?? Number.POSITIVE_INFINITY) * TICKS);
	}

	#preferred(): number {
		return Math.floor((this.#options.preferred?.() ?? Number.POSITIVE_INFINITY) * TICKS);
	}

	/** Ticks that the last picture must not let the segment reach, however long it stands. */
	#kept(open: Open): number {
		const preferred = this.#preferred();
		return Math.min(
			this.#longest(),
			open.last + this.#frame < open.first + preferred ? preferred : Number.POSITIVE_INFINITY,
		);
	}

	#begin(unit: AccessUnit, time: number, independent: boolean): void {
		this.#writer.begin(this.#carried, unit);
		this.#sound?.begin(time);
		this.#open = {
			epoch: unit.epoch,
			start: time - this.#early,
			wall: unit.wall - (1000 * this.#early) / TICKS,
			init: this.#writer.init,
			discontinuity: this.#broken,
			independent,
			frames: 1,
			first: time,
			last: time,
			lastKey: time,
			longestFrame: 0,
		};
		if (unit.kind === 'audio') this.#frame = toTicks(unit.duration, unit.track.clockRate);
		this.#broken = false;
		this.#early = 0;
		this.#options.onBegin?.(this.#open);
	}

	/**
	 * Ends the segment with the last unit it got; the next one does not continue it.
	 *
	 * @param next when what follows begins, where that is the same timeline
	 */
	#break(next = Number.POSITIVE_INFINITY): void {
		const open = this.#open;
		if (!open) return;
		// How long a lone picture stands nothing says, but the next one.
		const known = open.frames > 1 || next === Number.POSITIVE_INFINITY;
		this.#close(known ? Math.min(next, open.last + Math.max(1, this.#frame)) : next, true);
		this.#broken = true;
		this.#sound?.break();
	}

	#close(end: number, last: boolean): void {
		const open = this.#open;
		if (!open) return;
		const { start, frames, wall, discontinuity, independent, init } = open;
		this.#open = undefined;
		// A picture that stood for long stands on into the next segment, if that continues this one.
		const kept = Math.min(end, start + this.#kept(open) - 1);
		const { bytes, memory, end: real } = this.#writer.finish(kept, last);
		this.#early = last ? 0 : end - real;
		const duration = (real - start) / TICKS;
		this.#options.onSegment({ bytes, memory, duration, frames, wall, discontinuity, independent, init });
	}
}

function decodingTime(unit: AccessUnit): number {
	return toTicks(unit.kind === 'video' ? unit.dts : unit.pts, unit.track.clockRate);
}
