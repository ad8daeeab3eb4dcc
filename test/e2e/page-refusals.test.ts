import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera } from '../camera/gst-camera.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { playing } from './harness/player.ts';

const API_KEY = 'the key of the school, thirty-two bytes';
const GUARDED = `
webrtc: { udp_port: 0 }
auth: { read: jwt, api_keys: ["${API_KEY}"] }
streams: { yard: demo }
`;
const MINUTE_MS = 60_000;

let browser: Browser;
let gateway: RunningGateway;
const pages: Page[] = [];

beforeAll(async () => {
	[browser, gateway] = await Promise.all([launchChromium(), startGateway(GUARDED)]);
});

afterEach(async () => {
	for (const page of pages.splice(0)) await page.context().close();
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
});

async function open(url: string, prepare: (page: Page) => unknown = () => undefined): Promise<Page> {
	const page = await (await browser.newContext()).newPage();
	pages.push(page);
	await prepare(page);
	await page.goto(url);
	return page;
}

async function token(more = 'stream=yard'): Promise<string> {
	const query = `user_id=ann&${more}`;
	const request = { method: 'POST', headers: { 'x-api-key': API_KEY } };
	return ((await (await fetch(`${gateway.url}/api/token?${query}`, request)).json()) as { token: string }).token;
}

describe('a page without the right token', () => {
	test.each([
		['/watch/yard?jwt=a.b.c', '.card', /This link does not let you in/],
		['/?jwt=a.b.c', '.banner', /This link does not let you in/],
		['/watch/yard', '.card', /Open the link you were given/],
		['/', '.banner', /Open the link you were given/],
		['/cluster?jwt=a.b.c', '.banner', /This link does not let you in/],
	])('%s says so for people, and asks no more', async (path, place, words) => {
		let asked = 0;
		const page = await open(`${gateway.url}${path}`, async (fresh) => {
			await fresh.clock.install();
			fresh.on('request', (request) => {
				if (/\/(?:api|whep|hls)\//.test(request.url())) asked++;
			});
		});
		const text = await page.locator(place).first().textContent();
		expect(text).toMatch(words);
		expect(text).not.toMatch(/token|header|\*\*\*|every few seconds/);
		await page.waitForLoadState('networkidle');
		const before = asked;
		// All that is asked when a page is opened.
		expect(before).toBeLessThanOrEqual(2);
		await page.clock.runFor(MINUTE_MS);
		expect(asked).toBe(before);
	});
});

test('a viewer is told that addresses need a token, and is not offered what takes an admin', async () => {
	const page = await open(`${gateway.url}/?jwt=${await token()}`);
	const card = page.locator('[data-stream="yard"]');
	await card.waitFor();
	const addresses = (await card.locator('.copy-value').allTextContents()).join(' ');
	expect(addresses).not.toContain('jwt');
	expect(await card.locator('.links .quiet').textContent()).toMatch(/without a token/);
	await page.waitForLoadState('networkidle');
	expect(await page.locator('.probe').count()).toBe(0);
	const admin = await open(`${gateway.url}/?jwt=${await token('user_type=admin&action=admin')}`);
	await admin.locator('.probe').waitFor();
});

test('the name at the top leads home, with the token', async () => {
	const page = await open(`${gateway.url}/watch/yard?jwt=${await token()}`);
	await page.locator('a.brand').click();
	await page.locator('[data-stream="yard"]').waitFor();
	expect(new URL(page.url()).pathname).toBe('/');
});

test('a watch page whose gateway is gone does not go on saying how the stream is', async () => {
	const first = await startGateway('webrtc: { udp_port: 0 }\nstreams: { demo: demo }\n');
	const page = await open(`${first.url}/watch/demo`);
	await playing(page, 'webrtc', 15_000);
	await page.locator('#header .pill', { hasText: 'Live' }).waitFor();
	await first.kill();
	await page.locator('#header .pill', { hasText: 'Unknown' }).waitFor();
	expect(await page.locator('#details .banner').textContent()).toMatch(/gateway does not answer.*every few seconds/);
	expect(await page.locator('#details.stale').count()).toBe(1);
	const second = await startGateway('webrtc: { udp_port: 0 }\nstreams: { demo: demo }\n', { port: first.port });
	try {
		await page.locator('#header .pill', { hasText: 'Live' }).waitFor();
		expect(await page.locator('#details .banner, #details.stale').count()).toBe(0);
	} finally {
		await second.stop();
	}
});

test('an address without a page is a page that says so, and leads home', async () => {
	const search = `?jwt=${await token()}`;
	for (const path of ['/watch', '/watch/', '/wach/yard']) {
		const page = await open(`${gateway.url}${path}${search}`);
		expect(await page.locator('h1').textContent()).toMatch(/no page here/);
		await page.getByRole('link', { name: 'See all cameras' }).click();
		await page.locator('[data-stream="yard"]').waitFor();
	}
});

test('a stream that nobody has is said so for people, with a way home', async () => {
	const page = await open(`${gateway.url}/watch/nobody?jwt=${await token()}`);
	expect(await page.locator('dualcast-player .card').textContent()).toMatch(/link you were given does not allow/);
	const bare = await startGateway('webrtc: { udp_port: 0 }\nstreams: { demo: demo }\n');
	try {
		const lost = await open(`${bare.url}/watch/nobody`);
		expect(await lost.locator('dualcast-player .card').textContent()).toMatch(/no camera of this name/);
		await lost.getByRole('link', { name: 'See all cameras' }).click();
		await lost.locator('[data-stream="demo"]').waitFor();
	} finally {
		await bare.stop();
	}
});

test('a browser without H.265 says that it cannot decode it, and all addresses are told', async () => {
	const camera = await GstCamera.start({ width: 320, height: 180, bitrate: 300, gop: 10, fps: 10, video: 'h265' });
	const hevc = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { hevc: "${camera.url}" }\n`);
	try {
		for (const mode of ['auto', 'hls']) {
			const page = await open(`${hevc.url}/watch/hevc?mode=${mode}`);
			const text = await page.locator('dualcast-player .card').textContent();
			expect(text).toMatch(/This browser cannot decode what the camera sends/);
			expect(await page.locator('#details').textContent()).not.toMatch(/left out in HLS/);
			const addresses = await page.locator('.copy-value').allTextContents();
			expect(addresses).toContain(`${hevc.url}/hls/hevc/ll.m3u8`);
		}
		const sdp = await (await open(hevc.url)).evaluate<string>(`(async () => {
			const peer = new RTCPeerConnection();
			peer.addTransceiver('video', { direction: 'recvonly' });
			return (await peer.createOffer()).sdp;
		})()`);
		const offer = { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: sdp };
		const problem = await (await fetch(`${hevc.url}/whep/hevc`, offer)).json();
		expect(problem).toMatchObject({ code: 'codec_unsupported', hls: '/hls/hevc/ll.m3u8' });
	} finally {
		await hevc.stop();
		await camera.stop();
	}
});
