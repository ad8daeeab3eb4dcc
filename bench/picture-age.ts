import { CLIP_FRAMES, FRAME_RATE } from './camera-clip.ts';

/** Milliseconds by which the clocks of two processes may differ. */
const TREMBLE_MS = 100;

/**
 * Milliseconds from the moment the camera sent a picture, for the last time before.
 *
 * @param number that the picture carries
 * @param at when it is shown, milliseconds since the Unix epoch
 * @param startedAt of the camera
 */
export function pictureAge(number: number, at: number, startedAt: number): number {
	const loop = (CLIP_FRAMES / FRAME_RATE) * 1000;
	const sentAt = startedAt + (number / FRAME_RATE) * 1000;
	const age = (((at - sentAt) % loop) + loop) % loop;
	// A little less than nothing is nothing.
	return age > loop - TREMBLE_MS ? 0 : age;
}
