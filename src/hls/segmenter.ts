import { adtsHeader } from '../media/aac.ts';
import type { AccessUnit, AudioUnit, VideoUnit } from '../media/unit.ts';
import { type CarriedTracks, NO_TRACKS, sameEncoding, sameStreams } from './carried-tracks.ts';
import { TsWriter } from './mpegts/ts-writer.ts';
import type { CutSegment } from './segment.ts';

const TICKS = 90_000;
/** Time zero of the stream in MPEG-TS, so that the clock and early decoding times stay above zero. */
const ORIGIN = 10 * TICKS;
/** A key picture this early still ends a segment: cameras stamp by a clock that trembles. Ticks. */
const KEY_TREMBLE = 0.01 * TICKS;
/** Length of a lone unit that nothing follows. Ticks. */
const ASSUMED_FRAME = TICKS / 25;

/** Without a key picture a segment is cut here all the same; the next one then cannot be started with. */
export const MAX_SEGMENT_SECONDS = 10;
export const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

type Open = {
	readonly epoch: number;
	readonly video: VideoUnit | undefined;
	readonly start: number;
	readonly wall: number;
	readonly discontinuity: boolean;
	readonly independent: boolean;
	/** Time and length of the last unit of the leading track. */
	last: number;
	frame: number;
};

export type SegmenterOptions = {
	/** Seconds; segments end at the first key picture at or after. */
	segmentDuration: number;
	onSegment(segment: CutSegment): void;
};

/**
 * Cuts access units into MPEG-TS segments. The video leads: each segment starts with a key picture, and audio
 * waits for the first. Without video the audio leads. A break of the timeline, of the track set or of the picture
 * format ends the segment and marks the next one as a discontinuity.
 */
export class Segmenter {
	readonly #writer = new TsWriter();
	readonly #minimum: number;
	readonly #onSegment: (segment: CutSegment) => void;
	#carried: CarriedTracks = NO_TRACKS;
	#open: Open | undefined;
	#broken = false;
	/** Access units written. */
	units = 0;
	/** Access units left out because their container has no form for them. */
	dropped = 0;

	constructor(options: SegmenterOptions) {
		this.#minimum = options.segmentDuration * TICKS - KEY_TREMBLE;
		this.#onSegment = options.onSegment;
	}

	get carried(): CarriedTracks {
		return this.#carried;
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
		if (unit.kind === 'video') this.#writeVideo(unit);
		else this.#writeAudio(unit);
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
		if (independent && open.video && unit.kind === 'video' && !sameEncoding(open.video.track, unit.track)) {
			this.#close(time);
			this.#broken = true;
		} else if ((independent && elapsed >= this.#minimum) || this.#isFull(elapsed)) {
			this.#close(time);
		}
		if (!this.#open) this.#begin(unit, time, independent);
		else {
			open.frame = time - open.last;
			open.last = time;
		}
	}

	#isFull(elapsed: number): boolean {
		return elapsed > MAX_SEGMENT_SECONDS * TICKS || this.#writer.length > MAX_SEGMENT_BYTES;
	}

	#begin(unit: AccessUnit, time: number, independent: boolean): void {
		this.#open = {
			epoch: unit.epoch,
			video: unit.kind === 'video' ? unit : undefined,
			start: time,
			wall: unit.wall,
			discontinuity: this.#broken,
			independent,
			last: time,
			frame: unit.kind === 'audio' ? toTicks(unit.duration, unit.track.clockRate) : ASSUMED_FRAME,
		};
		this.#broken = false;
		this.#writer.begin({ video: this.#carried.video !== undefined, audio: this.#carried.audio !== undefined });
	}

	/** Ends the segment with the last unit it got; the next one does not continue it. */
	#break(): void {
		const open = this.#open;
		if (!open) return;
		this.#close(open.last + Math.max(1, open.frame));
		this.#broken = true;
	}

	#close(end: number): void {
		const open = this.#open;
		if (!open) return;
		this.#open = undefined;
		this.#onSegment({
			bytes: this.#writer.finish(),
			duration: (end - open.start) / TICKS,
			wall: open.wall,
			discontinuity: open.discontinuity,
			independent: open.independent,
		});
	}

	#writeVideo(unit: VideoUnit): void {
		const { clockRate } = unit.track;
		const pts = ORIGIN + toTicks(unit.pts, clockRate);
		this.#writer.writeVideo(unit.nalus, unit.key, pts, ORIGIN + toTicks(unit.dts, clockRate));
		this.units++;
	}

	#writeAudio(unit: AudioUnit): void {
		const config = this.#carried.audio?.config;
		const header = config && adtsHeader(config, unit.data.length);
		// A leading video that fell silent must not let the segment grow without end.
		if (!header || this.#writer.length > MAX_SEGMENT_BYTES) {
			this.dropped++;
			return;
		}
		this.#writer.writeAudio(header, unit.data, ORIGIN + toTicks(unit.pts, unit.track.clockRate));
		this.units++;
	}
}

function decodingTime(unit: AccessUnit): number {
	return toTicks(unit.kind === 'video' ? unit.dts : unit.pts, unit.track.clockRate);
}

function toTicks(time: number, clockRate: number): number {
	return clockRate === TICKS ? time : Math.round((time * TICKS) / clockRate);
}
