import type { AudioTrack, VideoTrack } from '../../src/media/track.ts';
import type { AudioUnit, VideoUnit } from '../../src/media/unit.ts';

/** Numbers are marked in every byte, modulo this. */
export const MARKS = 250;

/**
 * A picture whose every packet ends with a byte that tells its number (`1 + number % MARKS`).
 *
 * @param at milliseconds: its time of arrival, and its place on the timeline unless `pts` is given
 */
export function picture(
	track: VideoTrack,
	number: number,
	options: { key: boolean; size: number; at: number; wall?: number; pts?: number },
): VideoUnit {
	const { key, size, at } = options;
	const mark = 1 + (number % MARKS);
	const nalu = new Uint8Array(size).fill(mark);
	nalu[0] = key ? 0x65 : 0x41;
	const nalus = key ? [Uint8Array.of(0x67, mark, mark, mark), Uint8Array.of(0x68, mark), nalu] : [nalu];
	const pts = options.pts ?? Math.round(at * 90);
	return {
		kind: 'video',
		track,
		pts,
		dts: pts,
		key,
		nalus,
		size: nalus.reduce((sum, each) => sum + each.length, 0),
		arrival: at,
		wall: options.wall ?? at,
		epoch: 0,
	};
}

/** @param at milliseconds */
export function sound(track: AudioTrack, at: number, size: number, wall = at): AudioUnit {
	const pts = Math.round((at * track.clockRate) / 1000);
	return {
		kind: 'audio',
		track,
		pts,
		duration: (20 * track.clockRate) / 1000,
		data: new Uint8Array(size).fill(7),
		arrival: at,
		wall,
		epoch: 0,
	};
}

/** The mark of the picture a packet belongs to. */
export function markOf(payload: Uint8Array): number {
	return payload.at(-1) ?? 0;
}
