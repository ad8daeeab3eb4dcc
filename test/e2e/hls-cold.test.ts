import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera } from '../camera/gst-camera.ts';
import { playInChromium } from '../players/chromium-hls.ts';
import { playInGstreamer } from '../players/gstreamer.ts';
import { launchChromium } from './harness/chromium.ts';
import { startGateway } from './harness/gateway.ts';

const FRAME_RATE = 25;
const SMALL = { width: 320, height: 180, fps: FRAME_RATE, bitrate: 500, protocols: 'tcp', shared: true } as const;
/** Seconds each player plays. */
const PLAYED = 10;

let browser: Browser;

beforeAll(async () => {
	browser = await launchChromium();
});

afterAll(() => browser?.close());

describe.each([1, 2])('a camera that nobody watches, with a key frame every %i s', (keySeconds) => {
	let camera: GstCamera;

	beforeAll(async () => {
		camera = await GstCamera.start({ ...SMALL, video: 'high', audio: 'aac', gop: keySeconds * FRAME_RATE });
	});

	afterAll(() => camera?.stop());

	/** A gateway that has not asked the camera for anything. */
	async function cold<T>(use: (playlist: string) => Promise<T>): Promise<T> {
		const gateway = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { cam: "${camera.url}" }\n`);
		try {
			return await use(`${gateway.url}/hls/cam/index.m3u8`);
		} finally {
			await gateway.stop();
		}
	}

	test("is shown by Chromium's own player without a stop", { retry: 2 }, async () => {
		const { errors, dry } = await cold((playlist) => playInChromium(browser, 'Chromium', playlist, PLAYED));
		expect({ errors, dry }).toEqual({ errors: [], dry: 0 });
	});

	test('is shown by GStreamer', { retry: 2 }, async () => {
		const { video } = await cold((playlist) => playInGstreamer(playlist, PLAYED));
		expect(video.count).toBeGreaterThanOrEqual(FRAME_RATE * PLAYED * 0.9);
	});

	test('answers anybody else with its first segment', async () => {
		const text = await cold(async (playlist) => (await fetch(playlist)).text());
		expect(text.match(/^#EXTINF/gm)).toHaveLength(1);
	});
});
