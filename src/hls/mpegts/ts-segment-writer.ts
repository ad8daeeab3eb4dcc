import { adtsHeader } from '../../media/codecs/aac.ts';
import type { AccessUnit } from '../../media/unit.ts';
import { type CarriedTracks, NO_TRACKS, sameEncoding } from '../carried-tracks.ts';
import { SegmentMemories } from '../segments/segment-memory.ts';
import {
	type FinishedSegment,
	ORIGIN_SECONDS,
	type SegmentWriter,
	TICKS,
	toTicks,
} from '../segments/segment-writer.ts';
import { TsWriter } from './ts-writer.ts';

const ORIGIN = ORIGIN_SECONDS * TICKS;

/** Segments of MPEG-TS. Parameter sets stay in the stream, so a decoder follows most changes. */
export class TsSegmentWriter implements SegmentWriter {
	readonly #writer: TsWriter;
	#carried: CarriedTracks = NO_TRACKS;
	#first: AccessUnit | undefined;
	readonly init = undefined;
	/** MPEG-TS says when a picture is shown, not for how long: hls.js takes the time to the next one in the segment. */
	readonly leastFrames = 2;

	constructor(memories = new SegmentMemories()) {
		this.#writer = new TsWriter(memories);
	}

	get length(): number {
		return this.#writer.length;
	}

	begin(carried: CarriedTracks, first: AccessUnit): void {
		this.#carried = carried;
		this.#first = first;
		this.#writer.begin({ video: carried.video !== undefined, audio: carried.audio !== undefined });
	}

	continues(key: AccessUnit): boolean {
		return this.#first?.kind !== 'video' || key.kind !== 'video' || sameEncoding(this.#first.track, key.track);
	}

	write(unit: AccessUnit): boolean {
		const { clockRate } = unit.track;
		const pts = ORIGIN + toTicks(unit.pts, clockRate);
		if (unit.kind === 'video') {
			this.#writer.writeVideo(unit.nalus, unit.key, pts, ORIGIN + toTicks(unit.dts, clockRate));
			return true;
		}
		const config = this.#carried.audio?.config;
		const header = config && adtsHeader(config, unit.data.length);
		if (header) this.#writer.writeAudio(header, unit.data, pts);
		return header !== undefined;
	}

	rest(): number {
		return 0;
	}

	makesUpFor(): boolean {
		return true;
	}

	finish(end: number): FinishedSegment {
		return { ...this.#writer.finish(), end };
	}
}
