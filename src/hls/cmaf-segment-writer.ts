import type { AudioUnit, VideoUnit } from '../media/unit.ts';
import { type CarriedTracks, NO_TRACKS } from './carried-tracks.ts';
import { type Sample, sizeOfNalus, type TrackRun, writeFragment } from './cmaf/fragment.ts';
import { type CmafTrack, writeInitSegment } from './cmaf/init-segment.ts';
import { SampleLane } from './cmaf/sample-lane.ts';
import { audioTrackOf, parameterSetsOf, TRACK_ID, videoTrackOf, withoutParameterSets } from './decoder-setup.ts';
import type { PartTarget } from './part-target.ts';
import type { InitSegment, Part } from './segment.ts';
import { type FinishedSegment, ORIGIN_SECONDS, type SegmentWriter, TICKS } from './segment-writer.ts';

/** Where parts of segments go. */
export type PartSink = {
	readonly target: PartTarget;
	onPart(part: Part): void;
};

/** Frames a second assumed of a lone picture that nothing follows. */
const ASSUMED_FRAME_RATE = 25;

/**
 * Segments of fragmented MP4: one fragment each, or one for each part. A unit is written when the next of its
 * track comes; the waiting sound goes over into the next segment.
 */
export class CmafSegmentWriter implements SegmentWriter {
	readonly #sink: PartSink | undefined;
	#carried: CarriedTracks = NO_TRACKS;
	#sets: readonly Uint8Array[] = [];
	#init: InitSegment | undefined;
	#video = new SampleLane();
	#audio = new SampleLane();
	#parts: Part[] = [];
	#written = 0;
	#sequence = 0;

	/** @param sink cuts segments into parts */
	constructor(sink?: PartSink) {
		this.#sink = sink;
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
			const content = unit.key ? withoutParameterSets(unit.track.codec, unit.nalus) : unit.nalus;
			const size = sizeOfNalus(content);
			const closed = this.#video.next(content, size, unit.key, origin + unit.dts, origin + unit.pts);
			if (closed) this.#lead(this.#video, closed, true);
			return true;
		}
		const time = origin + unit.pts;
		const closed = this.#audio.next([unit.data], unit.data.length, true, time, time);
		if (!closed) return true;
		if (this.#carried.video) this.#audio.add(closed);
		else this.#lead(this.#audio, closed, true);
		return true;
	}

	finish(end: number, last: boolean): FinishedSegment {
		const { video, audio } = this.#carried;
		const lane = video ? this.#video : this.#audio;
		const timescale = this.#timescale();
		const closed = lane.close(ORIGIN_SECONDS * timescale + Math.round((end * timescale) / TICKS));
		const early = closed ? this.#lead(lane, closed, false) : 0;
		if (!last) lane.bringForward(0);
		if (last && audio && video) {
			const sound = this.#audio.closeLast(audio.track.clockRate / ASSUMED_FRAME_RATE);
			if (sound) this.#audio.add(sound);
		}
		this.#flush();
		if (last) {
			this.#video = new SampleLane();
			this.#audio = new SampleLane();
		}
		const parts = this.#parts;
		this.#parts = [];
		this.#written = 0;
		return { bytes: joined(parts), end: end - Math.round((early * TICKS) / timescale) };
	}

	/** Ticks a second of the track that leads. */
	#timescale(): number {
		return (this.#carried.video ?? this.#carried.audio?.track)?.clockRate ?? TICKS;
	}

	/**
	 * @param more whether the part may end with this sample; at the end of a segment it does anyway
	 * @returns ticks by which what follows is decoded earlier
	 */
	#lead(lane: SampleLane, sample: Sample, more: boolean): number {
		const target = this.#sink?.target;
		const timescale = this.#timescale();
		const duration = sample.duration / timescale;
		const room = target?.roomFor(lane.duration / timescale, duration);
		if (room !== undefined) {
			const ticks = Math.max(1, Math.floor(room * timescale));
			lane.add({ ...sample, duration: ticks });
			lane.bringForward(sample.duration - ticks);
			this.#flush();
			return sample.duration - ticks;
		}
		if (target?.excludes(lane.duration / timescale, duration)) this.#flush();
		lane.add(sample);
		if (more && target?.isWhole(lane.duration / timescale, lane.samples.length, duration)) this.#flush();
		return 0;
	}

	/** Writes what is there as one fragment. */
	#flush(): void {
		const runs: TrackRun[] = [];
		if (this.#video.samples.length > 0) runs.push(runOf(TRACK_ID.video, true, this.#video));
		if (this.#audio.samples.length > 0) runs.push(runOf(TRACK_ID.audio, false, this.#audio));
		if (runs.length === 0) return;
		const lane = this.#carried.video ? this.#video : this.#audio;
		const duration = lane.duration / this.#timescale();
		this.#sink?.target.settle(duration, lane.samples.length);
		const independent = lane.samples.some(({ sync }) => sync);
		const part: Part = { bytes: writeFragment(++this.#sequence, runs), duration, independent };
		this.#video.flush();
		this.#audio.flush();
		this.#parts.push(part);
		this.#written += part.bytes.length;
		this.#sink?.onPart(part);
	}
}

function runOf(trackId: number, video: boolean, lane: SampleLane): TrackRun {
	return { trackId, video, decodeTime: lane.start, samples: lane.samples };
}

/** One array of all parts; theirs become views of it. */
function joined(parts: readonly Part[]): Uint8Array {
	const [only] = parts;
	if (only && parts.length === 1) return only.bytes;
	const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
	let at = 0;
	for (const part of parts) {
		const end = at + part.bytes.length;
		part.bytes = whole.subarray(at, end);
		at = end;
	}
	return whole;
}
