import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera } from '../camera/gst-camera.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { moreFrames, playing, statsOf } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const PART_MS = 100;
/** A removal takes longer than the next part, which otherwise happens now and then. */
const REMOVAL_MS = 2.5 * PART_MS;
const REMOVALS = 2;
/** Playlists that may come without a part being loaded: those of two seconds. A player that is stuck lets three pass. */
const IDLE_PLAYLISTS = 2000 / PART_MS;
/** From so far away a player that was held up jumps to the live edge. */
const JUMP_S = 0.5;

/** In the page: notes removals of played media, and seeks to where there is nothing yet. */
const SLOW_REMOVALS = `
	globalThis.seen = { removals: 0, seeksBeyond: 0 };
	const remove = SourceBuffer.prototype.remove;
	SourceBuffer.prototype.remove = function (...range) {
		seen.removals++;
		setTimeout(() => remove.apply(this, range), ${REMOVAL_MS});
	};
	const { play } = HTMLMediaElement.prototype;
	const watched = new WeakSet();
	HTMLMediaElement.prototype.play = function () {
		if (!watched.has(this)) this.addEventListener('seeking', () => {
			const { buffered, currentTime, played } = this;
			const beyond = played.length > 0 ? currentTime - buffered.end(buffered.length - 1) : 0;
			if (beyond > 0 && beyond < ${JUMP_S}) seen.seeksBeyond++;
		});
		watched.add(this);
		return play.apply(this);
	};
`;

/** In the page: no player but the browser's own. */
const NATIVE_ONLY = 'delete globalThis.MediaSource;';

let browser: Browser;
let camera: GstCamera;
let gateway: RunningGateway;

beforeAll(async () => {
	[browser, camera] = await Promise.all([
		launchChromium(),
		GstCamera.start({ width: 320, height: 180, fps: 25, gop: 25, bitrate: 500, protocols: 'tcp', audio: 'aac' }),
	]);
	gateway = await startGateway(`
webrtc: { udp_port: 0 }
hls: { low_latency: { part_duration: ${PART_MS}ms } }
streams: { demo: demo, loud: "${camera.url}" }
`);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
	await camera?.stop();
});

test('the page goes on loading parts while it removes what was played', async () => {
	const page = await browser.newPage();
	await page.addInitScript(SLOW_REMOVALS);
	let idle = 0;
	let longestIdle = 0;
	page.on('request', (request) => {
		const { pathname } = new URL(request.url());
		if (!pathname.startsWith('/hls/')) return;
		idle = pathname.endsWith('.m3u8') ? idle + 1 : 0;
		longestIdle = Math.max(longestIdle, idle);
	});
	await page.goto(`${gateway.url}/watch/demo?mode=hls`);
	type Seen = { removals: number; seeksBeyond: number };
	const { seeksBeyond } = await eventually(
		() => page.evaluate<Seen>('seen'),
		({ removals }) => removals > REMOVALS,
		120_000,
		500,
	);
	expect(seeksBeyond).toBe(0);
	expect(longestIdle).toBeLessThan(IDLE_PLAYLISTS);
});

describe('a browser that plays HLS itself', () => {
	test('gets a button that turns the sound on', async () => {
		const page = await browser.newPage();
		await page.addInitScript(NATIVE_ONLY);
		await page.goto(`${gateway.url}/watch/loud?mode=hls`);
		await playing(page, 'hls', 30_000);
		const unmute = page.getByRole('button', { name: 'Unmute' });
		await unmute.waitFor({ timeout: 10_000 });
		const video = page.locator('dualcast-player video');
		type Video = { src: string; muted: boolean; volume: number };
		const state = () => video.evaluate(({ src, muted, volume }: Video) => ({ src, muted, volume }));
		const src = `${gateway.url}/hls/loud/index.m3u8`;
		expect(await state()).toMatchObject({ src, muted: true });
		await unmute.click();
		expect(await state()).toEqual({ src, muted: false, volume: 1 });
		await page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
		await page.close();
	});

	test('gets none for a stream without sound', async () => {
		const page = await browser.newPage();
		await page.addInitScript(NATIVE_ONLY);
		// MPEG-TS leaves out its sound, which is Opus.
		await page.goto(`${gateway.url}/watch/demo?mode=hls`);
		await playing(page, 'hls', 30_000);
		expect(await page.getByRole('button', { name: 'Full screen' }).count()).toBe(1);
		expect(await page.getByRole('button', { name: 'Unmute' }).count()).toBe(0);
		await page.close();
	});
});

describe('HLS of a camera that goes away', () => {
	/** Longer than a picture that stands is waited for where playlists go on. */
	const AWAY_MS = 15_000;

	const title = 'stands still, and says so, until it is back: its last seconds are not shown again; low latency %s';
	test.concurrent.each([true, false])(title, async (enabled) => {
		const options = { width: 320, height: 180, fps: 25, gop: 25, bitrate: 500, protocols: 'tcp' } as const;
		let away = await GstCamera.start(options);
		const { port } = away;
		const local = await startGateway(`
webrtc: { udp_port: 0 }
hls: { low_latency: { enabled: ${enabled} } }
streams: { yard: "${away.url}" }
`);
		try {
			const page = await browser.newPage();
			await page.goto(`${local.url}/watch/yard?mode=hls`);
			await playing(page, 'hls', 30_000);
			await page.evaluate(`{
				const player = document.querySelector('dualcast-player');
				globalThis.heard = [];
				for (const name of ['playing', 'error']) player.addEventListener('dualcast-' + name, () => heard.push(name));
			}`);
			await away.stop();
			await eventually(
				() => statsOf(page),
				({ state }) => state === 'stalled',
				8000,
			);
			const still = await statsOf(page);
			await page.waitForTimeout(AWAY_MS);
			expect(await statsOf(page)).toMatchObject({ state: 'stalled', framesDecoded: still.framesDecoded });
			expect(await page.locator('dualcast-player .toast').textContent()).toMatch(/stands still/);
			away = await GstCamera.start({ ...options, port });
			await moreFrames(page, still, 60, 40_000);
			expect(await page.evaluate('heard')).toEqual([]);
			await page.close();
		} finally {
			await local.stop();
			await away.stop();
		}
	});
});
