import type { AccessUnit, VideoUnit } from '../../media/unit.ts';
import type { CarriedTracks } from '../carried-tracks.ts';
import type { InitSegment, MediaFile } from './segment.ts';

/** Ticks a second of the times that segments are cut at. */
export const TICKS = 90_000;
/** Seconds that are added to the stream's times, so that clocks and early decoding times stay above zero. */
export const ORIGIN_SECONDS = 10;

/** Packs access units into segments of one container. */
export interface SegmentWriter {
	/** Bytes of the segment so far. */
	readonly length: number;
	/** Units of the leading track that a segment holds where it can be chosen. */
	readonly leastFrames: number;
	/** What decoding of the segment in work starts with, where that is a file of its own. */
	readonly init: InitSegment | undefined;
	/** Starts a segment. @param first its first unit, which is yet to be written */
	begin(carried: CarriedTracks, first: AccessUnit): void;
	/** Whether a decoder set up for the segment in work can go on with this key picture. */
	continues(key: VideoUnit): boolean;
	/** @returns false when the container has no form for it */
	write(unit: AccessUnit): boolean;
	/** Ticks that are left to the next segment if this one ends now, at `end`; see `FinishedSegment`. */
	rest(end: number): number;
	/** Whether the next segment can make up for that. @param over ticks of this one that the target duration has no room for */
	makesUpFor(end: number, over: number): boolean;
	/**
	 * Ends the segment.
	 *
	 * @param end when its last picture (or sound, without video) ends, in `TICKS`
	 * @param last nothing continues it
	 */
	finish(end: number, last: boolean): FinishedSegment;
}

/** The use of its memory is the caller's. */
export type FinishedSegment = MediaFile & {
	/** Where the next segment begins, in `TICKS`: a little before the end asked for where parts want it. */
	readonly end: number;
};

/** A time of a track in ticks of 90 kHz. */
export function toTicks(time: number, clockRate: number): number {
	return clockRate === TICKS ? time : Math.round((time * TICKS) / clockRate);
}
