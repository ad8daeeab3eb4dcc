import type { AudioUnit, VideoUnit } from '../../media/unit.ts';
import { type CarriedTracks, NO_TRACKS } from '../carried-tracks.ts';
import { MAX_REST, type PartTarget } from '../segments/part-target.ts';
import type { InitSegment, Part } from '../segments/segment.ts';
import { SegmentMemories, type SegmentMemory } from '../segments/segment-memory.ts';
import { type FinishedSegment, ORIGIN_SECONDS, type SegmentWriter, TICKS } from '../segments/segment-writer.ts';
import { audioTrackOf, parameterSetsOf, TRACK_ID, videoTrackOf, withoutParameterSets } from './decoder-setup.ts';
import { fragmentLength, type Sample, type TrackRun, writeFragment } from './fragment.ts';
import { type CmafTrack, writeInitSegment } from './init-segment.ts';
import { SampleLane } from './sample-lane.ts';

/** Where parts of segments go. */
export type PartSink = {
	readonly target: PartTarget;
	onPart(part: Part): void;
};

/** A sample of the first segment, which wait until they say how long parts are. */
type Waiting = { readonly lane: SampleLane; readonly sample: Sample };

/** Frames a second assumed of a lone picture that nothing follows. */
const ASSUMED_FRAME_RATE = 25;

/**
 * Segments of fragmented MP4: one fragment each, or one for each part (see `PartTarget`). A unit is written when the next of its
 * track comes; the waiting sound goes over into the next segment.
 */
export class CmafSegmentWriter implements SegmentWriter {
	readonly #memories: SegmentMemories;
	readonly #sink: PartSink | undefined;
	#carried: CarriedTracks = NO_TRACKS;
	#sets: readonly Uint8Array[] = [];
	#init: InitSegment | undefined;
	#video = new SampleLane();
	#audio = new SampleLane();
	/** The segment is given out in parts. */
	#divided = false;
	#waiting: Waiting[] | undefined;
	#parts: Part[] = [];
	#memory: SegmentMemory | undefined;
	#written = 0;
	#sequence = 0;
	readonly leastFrames = 1;

	/** @param sink cuts segments into parts */
	constructor(sink?: PartSink, memories = new SegmentMemories()) {
		this.#sink = sink;
		this.#memories = memories;
	}

	get length(): number {
		return this.#written + this.#video.size + this.#audio.size;
	}

	get init(): InitSegment | undefined {
		return this.#init;
	}

	begin(carried: CarriedTracks, first: VideoUnit | AudioUnit): void {
		this.#carried = carried;
		if (first.kind === 'video' && first.key) this.#sets = parameterSetsOf(first.track.codec, first.nalus);
		const tracks: CmafTrack[] = [];
		if (first.kind === 'video') tracks.push(videoTrackOf(first.track, this.#sets));
		if (carried.audio) tracks.push(audioTrackOf(carried.audio));
		const bytes = writeInitSegment(tracks);
		const target = this.#sink?.target;
		this.#divided = target?.divides === true;
		this.#waiting = target && target.seconds === 0 ? [] : undefined;
		if (!this.#init || Buffer.compare(this.#init.bytes, bytes) !== 0) this.#init = { bytes };
	}

	continues({ track, nalus }: VideoUnit): boolean {
		const sets = parameterSetsOf(track.codec, nalus);
		return (
			sets.length === this.#sets.length &&
			sets.every((set, index) => Buffer.compare(set, this.#sets[index] as Uint8Array) === 0)
		);
	}

	write(unit: VideoUnit | AudioUnit): boolean {
		const origin = ORIGIN_SECONDS * unit.track.clockRate;
		if (unit.kind === 'video') {
			const nalus = unit.key ? withoutParameterSets(unit.track.codec, unit.nalus) : unit.nalus;
			const sync = unit.key && !unit.refresh;
			const closed = this.#video.nextPicture(nalus, sync, origin + unit.dts, origin + unit.pts);
			if (closed) this.#goOn(this.#video, closed);
			return true;
		}
		const closed = this.#audio.nextFrame(unit.data, origin + unit.pts);
		if (closed) this.#goOn(this.#audio, closed);
		return true;
	}

	rest(end: number): number {
		return Math.round(this.#rest(end) * TICKS);
	}

	makesUpFor(end: number, over: number): boolean {
		if (over > MAX_REST * TICKS) return false;
		return this.#sink?.target.makesUpFor(this.#rest(end)) !== false;
	}

	finish(end: number, last: boolean): FinishedSegment {
		const { video, audio } = this.#carried;
		const lane = this.#leading;
		const closed = lane.close(this.#ending(end));
		if (!last) this.#see(lane);
		// Before the last picture, which may end the last part.
		if (last && audio && video) {
			const sound = this.#audio.closeLast(audio.track.clockRate / ASSUMED_FRAME_RATE);
			if (sound) this.#take(this.#audio, sound, true);
		}
		let rest = closed ? this.#take(lane, closed, true) : 0;
		if (this.#waiting) rest = this.#settle(this.#waiting);
		if (!last) lane.bringForward(0);
		this.#flush();
		if (last) {
			this.#video = new SampleLane();
			this.#audio = new SampleLane();
		}
		this.#sink?.target.endSegment();
		const memory = this.#memory;
		const bytes = memory ? memory.seal(this.#written) : new Uint8Array(0);
		this.#memory = undefined;
		this.#parts = [];
		this.#written = 0;
		return { bytes, memory, end: end - Math.round((rest * TICKS) / this.#timescale()) };
	}

	get #leading(): SampleLane {
		return this.#carried.video ? this.#video : this.#audio;
	}

	/** Seconds. */
	#rest(end: number): number {
		const lane = this.#leading;
		if (!this.#divided || !this.#sink || lane.waitsFrom === undefined) return 0;
		const timescale = this.#timescale();
		const duration = Math.max(0, this.#ending(end) - lane.waitsFrom) / timescale;
		return this.#sink.target.restOf(lane.duration / timescale, duration);
	}

	/** In ticks of the track that leads. */
	#ending(end: number): number {
		const timescale = this.#timescale();
		return ORIGIN_SECONDS * timescale + Math.round((end * timescale) / TICKS);
	}

	/** Ticks a second of the track that leads. */
	#timescale(): number {
		return (this.#carried.video ?? this.#carried.audio?.track)?.clockRate ?? TICKS;
	}

	/** A sample that another one follows. */
	#goOn(lane: SampleLane, sample: Sample): void {
		this.#see(lane);
		this.#take(lane, sample, false);
	}

	#see(lane: SampleLane): void {
		if (lane === this.#leading) this.#sink?.target.see(lane.frame / this.#timescale());
	}

	/**
	 * A sample's duration is known.
	 *
	 * @param last the segment ends with it
	 * @returns ticks of it that the segment has no part for
	 */
	#take(lane: SampleLane, sample: Sample, last: boolean): number {
		if (this.#waiting) this.#waiting.push({ lane, sample });
		else if (this.#divided && lane === this.#leading) return this.#divide(lane, sample, last);
		else lane.add(sample);
		return 0;
	}

	/** The first frames have all come: divides them, if they say how long parts are. @returns as `#take` */
	#settle(waiting: readonly Waiting[]): number {
		const target = this.#sink?.target;
		target?.settle();
		this.#waiting = undefined;
		this.#divided = target?.divides === true;
		let rest = 0;
		for (const [index, { lane, sample }] of waiting.entries()) {
			if (lane !== this.#leading || !this.#divided) {
				lane.add(sample);
				continue;
			}
			const moved = { ...sample, duration: sample.duration + rest, offset: sample.offset + rest };
			rest = this.#divide(lane, moved, index === waiting.length - 1);
		}
		return rest;
	}

	/**
	 * Puts a sample into a part. What it is too long for is left to the sample after it, and by that to the one after
	 * that: each is decoded earlier, and shown when it was to be, until parts have made up for a silence.
	 */
	#divide(lane: SampleLane, sample: Sample, last: boolean): number {
		const target = this.#sink?.target as PartTarget;
		const timescale = this.#timescale();
		const duration = sample.duration / timescale;
		if (target.endsBefore(lane.duration / timescale, duration)) this.#flush();
		const room = target.roomFor(lane.duration / timescale, duration);
		if (room === undefined) {
			lane.add(sample);
			if (!last && target.isWhole(lane.duration / timescale, duration)) this.#flush();
			return 0;
		}
		const ticks = Math.max(1, Math.floor(room * timescale));
		lane.add({ ...sample, duration: ticks });
		lane.bringForward(sample.duration - ticks);
		this.#flush();
		return sample.duration - ticks;
	}

	/** Writes what is there as one fragment. */
	#flush(): void {
		const runs: TrackRun[] = [];
		if (this.#video.samples.length > 0) runs.push(runOf(TRACK_ID.video, true, this.#video));
		if (this.#audio.samples.length > 0) runs.push(runOf(TRACK_ID.audio, false, this.#audio));
		if (runs.length === 0) return;
		const lane = this.#leading;
		const duration = lane.duration / this.#timescale();
		const independent = lane.samples.some(({ sync }) => sync);
		const length = fragmentLength(runs);
		const memory = this.#memoryFor(length);
		writeFragment(memory.bytes, this.#written, ++this.#sequence, runs);
		const bytes = memory.bytes.subarray(this.#written, this.#written + length);
		const part: Part = { bytes, memory, duration, independent };
		this.#video.flush();
		this.#audio.flush();
		this.#written += length;
		if (!this.#divided) return;
		this.#parts.push(part);
		this.#sink?.onPart(part);
	}

	/** The segment's memory, with room for a fragment of this length. */
	#memoryFor(length: number): SegmentMemory {
		const needed = this.#written + length;
		const before = this.#memory;
		if (before && needed <= before.bytes.length) return before;
		const memory = this.#memories.take(needed);
		this.#memory = memory;
		if (before) this.#move(before, memory);
		return memory;
	}

	/** The segment outgrew its memory. */
	#move(before: SegmentMemory, memory: SegmentMemory): void {
		memory.bytes.set(before.bytes.subarray(0, this.#written));
		let at = 0;
		for (const part of this.#parts) {
			const { length } = part.bytes;
			part.bytes = memory.bytes.subarray(at, at + length);
			part.memory = memory;
			at += length;
		}
		before.release();
	}
}

function runOf(trackId: number, video: boolean, lane: SampleLane): TrackRun {
	return { trackId, video, decodeTime: lane.start, samples: lane.samples, data: lane.data };
}
