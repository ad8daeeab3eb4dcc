import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../camera/free-port.ts';
import { RefreshingCamera } from '../camera/refreshing-camera.ts';
import { playInFfmpeg } from '../players/ffmpeg.ts';
import { streamStats } from './harness/api.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { statsOf, watch } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const DEADLINE_MS = 60_000;
const CAUSE = 'refreshes its picture gradually and sends no key frames';
/** ffmpeg shows nothing before the picture is whole: 38 pictures of 25 a second. */
const PICTURES = 50;

let camera: RefreshingCamera;
let gateway: RunningGateway;
let browser: Browser;
let rtsp: string;

beforeAll(async () => {
	camera = await RefreshingCamera.start();
	const port = await freePort();
	rtsp = `rtsp://127.0.0.1:${port}/cam`;
	const output = `rtsp_server: { enabled: true, port: ${port} }\nhls: { variant: fmp4 }`;
	gateway = await startGateway(`webrtc: { udp_port: 0 }\n${output}\nstreams: { cam: "${camera.url}" }\n`);
	browser = await launchChromium();
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
	await camera?.stop();
});

describe('a camera that refreshes its picture gradually and never sends a key frame', () => {
	test('plays by HLS in ffmpeg; no segment is called independent', async () => {
		const playlist = `${gateway.url}/hls/cam/index.m3u8`;
		const text = await eventually(
			async () => (await fetch(playlist)).text(),
			(text) => text.startsWith('#EXTM3U'),
			DEADLINE_MS,
		);
		expect(text).not.toContain('INDEPENDENT');
		const { complaints, video } = await playInFfmpeg(playlist, 5);
		expect(complaints).toBe('');
		expect(video.count).toBeGreaterThan(PICTURES);
	});

	test('plays by RTSP in ffmpeg', async () => {
		const { complaints, video } = await playInFfmpeg(rtsp, 5);
		expect(complaints).toBe('');
		expect(video.count).toBeGreaterThan(PICTURES);
	});

	test.each([
		['webrtc', 'switch off its intra refresh'],
		['hls', 'Switch off the intra refresh'],
	] as const)('is refused to browsers by %s, which cannot start, with the cause and the cure', async (mode, cure) => {
		const page = await watch(browser, gateway.url, 'cam', mode);
		const { reason } = await eventually(
			() => statsOf(page),
			({ state }) => state === 'failed',
			DEADLINE_MS,
		);
		expect(reason).toContain(CAUSE);
		expect(reason).toContain(cure);
		const { outputs } = await streamStats(gateway.url, 'cam');
		for (const { verdict, reasons, cures } of outputs) {
			expect(verdict).toBe('needs_transcoding');
			expect(reasons[0]).toContain(CAUSE);
			expect(cures[0]).toContain('Switch off the intra refresh');
		}
	});
});
