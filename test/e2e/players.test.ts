import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { playInFfmpeg, playInFfprobe } from '../players/ffmpeg.ts';
import { playInMpv } from '../players/mpv.ts';
import type { Shown } from '../players/shown.ts';
import { playInVlc } from '../players/vlc.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';

/** Small, so that decoding costs next to nothing. */
const SMALL = { width: 320, height: 180, fps: 25, gop: 25, bitrate: 500, protocols: 'tcp' } as const;
/** Seconds each player plays, and the pictures of that time. */
const PLAYED = 10;
const PICTURES = 25 * PLAYED;
/** Seconds from one picture or piece of sound to the next at most, with none left out. */
const FRAME = 0.05;

const CASES: { name: string; camera: GstCameraOptions }[] = [
	{ name: 'H.264 High and AAC', camera: { video: 'high', audio: 'aac' } },
	{ name: 'H.264 Constrained Baseline and Opus', camera: { video: 'baseline', audio: 'opus' } },
];

/** Sound may begin some pictures before. */
function expectAll({ count, longest }: Shown): void {
	expect(count).toBeGreaterThanOrEqual(PICTURES - 3);
	expect(longest).toBeLessThan(FRAME);
}

describe.each(CASES)('the HLS playlists of $name', ({ camera: options }) => {
	let camera: GstCamera;
	let gateway: RunningGateway;

	beforeAll(async () => {
		camera = await GstCamera.start({ ...SMALL, ...options });
		gateway = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { cam: "${camera.url}" }\n`);
	});

	afterAll(async () => {
		await gateway?.stop();
		await camera?.stop();
	});

	// A machine that is busy for seconds lets the player fall out of the window.
	describe.each(['index', 'll'])('play without leaving out a picture, %s.m3u8 in', { retry: 2 }, (name) => {
		const playlist = () => `${gateway.url}/hls/cam/${name}.m3u8`;

		test.concurrent.each([
			['ffmpeg at its strictest', playInFfmpeg],
			['ffprobe', playInFfprobe],
		])('%s', async (_, play) => {
			const { complaints, video, audio } = await play(playlist(), PLAYED);
			expect(complaints).toBe('');
			expectAll(video);
			expect(audio.longest).toBeLessThan(FRAME);
		});

		test.concurrent('mpv', async () => {
			const { errors, video } = await playInMpv(playlist(), PLAYED);
			expect(errors).toEqual([]);
			expectAll(video);
		});

		test.concurrent('VLC', async () => {
			const { pictures, sounds, ...broken } = await playInVlc(playlist(), { pictures: PICTURES });
			expect(broken).toEqual({ faults: [], corrupted: 0, discontinuities: 0 });
			expect([pictures.lost, sounds.lost]).toEqual([0, 0]);
			expect(pictures.shown).toBeGreaterThanOrEqual(PICTURES);
		});
	});
});
