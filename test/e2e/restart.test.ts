import type { Browser } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { GstCamera } from '../camera/gst-camera.ts';
import { streamInfo, webRtcSessions } from './harness/api.ts';
import { launchChromium } from './harness/chromium.ts';
import { startGateway } from './harness/gateway.ts';
import { moreFrames, playing, statsOf, watch } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const open: { stop(): Promise<unknown> }[] = [];
let browser: Browser | undefined;

afterEach(async () => {
	await browser?.close();
	for (const part of open.splice(0).reverse()) await part.stop();
});

test('a killed and restarted camera comes back to every viewer without anybody reconnecting', async () => {
	const options = { video: 'high', audio: 'alaw', width: 640, height: 360, gop: 30, protocols: 'tcp' } as const;
	const camera = await GstCamera.start(options);
	open.push(camera);
	const gateway = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { cam: "${camera.url}" }\n`);
	open.push(gateway);
	browser = await launchChromium();
	const [webrtc, hls] = await Promise.all([
		watch(browser, gateway.url, 'cam', 'webrtc'),
		watch(browser, gateway.url, 'cam', 'hls'),
	]);
	await Promise.all([playing(webrtc, 'webrtc', 30_000), playing(hls, 'hls', 30_000)]);
	const session = (await webRtcSessions(gateway.url)).map(({ id }) => id);
	expect(session).toHaveLength(1);
	const mediaSource = await hls.locator('dualcast-player video').getAttribute('src');

	await camera.stop('SIGKILL');
	await eventually(
		() => streamInfo(gateway.url, 'cam'),
		({ state }) => state === 'recovering',
		15_000,
	);
	const [frozenWebrtc, frozenHls] = await Promise.all([statsOf(webrtc), statsOf(hls)]);
	const again = await GstCamera.start({ ...options, port: camera.port });
	open.push(again);

	await eventually(
		() => streamInfo(gateway.url, 'cam'),
		({ state }) => state === 'live',
		30_000,
	);
	await Promise.all([moreFrames(webrtc, frozenWebrtc, 60, 40_000), moreFrames(hls, frozenHls, 200, 60_000)]);
	expect((await webRtcSessions(gateway.url)).map(({ id }) => id)).toEqual(session);
	expect(await hls.locator('dualcast-player video').getAttribute('src')).toBe(mediaSource);
});
