import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { playInFfmpeg } from '../players/ffmpeg.ts';
import { playInMpv } from '../players/mpv.ts';
import { playInVlc } from '../players/vlc.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';

const CASES: { name: string; camera: GstCameraOptions }[] = [
	{ name: 'H.264 High and AAC', camera: { video: 'high', audio: 'aac' } },
	{ name: 'H.264 Constrained Baseline and Opus', camera: { video: 'baseline', audio: 'opus' } },
];

describe.each(CASES)('the HLS playlist of $name plays in', ({ camera: options }) => {
	let camera: GstCamera;
	let gateway: RunningGateway;
	let playlist: string;

	beforeAll(async () => {
		camera = await GstCamera.start({ ...options, protocols: 'tcp', gop: 30 });
		gateway = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { cam: "${camera.url}" }\n`);
		playlist = `${gateway.url}/hls/cam/index.m3u8`;
	});

	afterAll(async () => {
		await gateway?.stop();
		await camera?.stop();
	});

	test('ffmpeg, which finds no error in it', async () => {
		expect(await playInFfmpeg(playlist, 8)).toBe('');
	});

	test('mpv', async () => {
		expect(await playInMpv(playlist, 8)).toBe('');
	});

	test('VLC', async () => {
		expect(await playInVlc(playlist, 6)).toEqual({ faults: [], buffered: true, seen: true });
	});
});
