import type { SkippedTrack } from './carried-tracks.ts';

const ORIGIN = Date.UTC(2025, 0, 1);
const STEP_MS = 500;

/**
 * What a playlist URL keeps between two runs of its output. The numbers only go up. A new run starts the media
 * sequence from the wall clock in steps of half a second, which segments do not outrun, so that it goes up over
 * restarts of the process too; it stays below 2^31 for 34 years. The discontinuity sequence stays small, because
 * players use it as an index.
 */
export class Continuity {
	nextSequence = 0;
	nextDiscontinuity = -1;
	/** Seconds; 0 before the first playlist. */
	targetDuration = 0;
	/** A player was given it, in this run or an earlier one. */
	targetPromised = false;
	/** Seconds; 0 before the first part of a low-latency playlist. */
	partTarget = 0;
	/** Tracks the last run left out. */
	skipped: readonly SkippedTrack[] = [];

	/** @param wall milliseconds since the Unix epoch */
	startRun(wall: number): void {
		this.nextSequence = Math.max(this.nextSequence, Math.floor((wall - ORIGIN) / STEP_MS));
		this.nextDiscontinuity++;
	}
}
