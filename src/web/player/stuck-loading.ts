import { type HeldVideo, secondsAhead } from './hold-back.ts';

/** Parts that the playlist is ahead of what is loaded, from which on loading counts as stuck. */
const STUCK_PARTS = 2;
/** Where a segment ends, browsers are a microsecond before it. */
const BEYOND_S = 0.001;

/**
 * hls.js 1.7 at times looks for the next part at the end of what is buffered, finds itself inside of a segment that it
 * has, and loads nothing until the parts of that segment leave the playlist: three target durations.
 *
 * @param edge end of the last part in the playlist, and `part` how long parts are; seconds
 * @returns where to seek to so that it looks behind the segment; undefined when it is not stuck
 */
export function placeBehindStuck(
	video: Pick<HeldVideo, 'buffered' | 'currentTime'>,
	edge: number,
	part: number,
): number | undefined {
	const { buffered } = video;
	if (part <= 0 || buffered.length === 0 || secondsAhead(video) >= part) return undefined;
	const end = buffered.end(buffered.length - 1);
	return edge - end > STUCK_PARTS * part ? end + BEYOND_S : undefined;
}
