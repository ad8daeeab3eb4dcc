import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { moreFrames, playing, statsOf } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const STREAMS = `
streams:
  demo:
    source: demo
  nobody/home: rtsp://127.0.0.1:1/stream
`;
const CONFIG = `
webrtc:
  udp_port: 0
on_demand:
  close_after: 1s
${STREAMS}`;
const WITHOUT_WEBRTC = `
webrtc:
  enabled: false
${STREAMS}`;

/** In the page, a network without UDP: candidates that lead nowhere (RFC 5737). */
const WITHOUT_UDP = `
	const apply = RTCPeerConnection.prototype.setRemoteDescription;
	RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
		return apply.call(this, { type, sdp: sdp.replace(/(a=candidate:\\S+ \\d \\S+ \\d+ )\\S+/g, '$1192.0.2.1') });
	};
`;

let browser: Browser;
let gateway: RunningGateway;
const pages: Page[] = [];
const errors: Error[] = [];

beforeAll(async () => {
	[browser, gateway] = await Promise.all([launchChromium(), startGateway(CONFIG)]);
});

afterEach(async () => {
	for (const page of pages.splice(0)) await page.context().close();
	expect(errors.splice(0)).toEqual([]);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
});

/** A page in a context of its own. An error that its scripts do not catch fails the test. */
async function open(url: string, options: BrowserContextOptions & { before?: string } = {}): Promise<Page> {
	const { before, ...context } = options;
	const page = await (await browser.newContext(context)).newPage();
	pages.push(page);
	page.on('pageerror', (error) => errors.push(error));
	if (before !== undefined) await page.addInitScript(before);
	await page.goto(url);
	return page;
}

async function viewers(): Promise<{ webrtc: number; hls: number }> {
	const response = await fetch(`${gateway.url}/api/v1/streams/demo`);
	return ((await response.json()) as { viewers: { webrtc: number; hls: number } }).viewers;
}

describe('the start page', () => {
	test('lists the streams and copies their addresses', async () => {
		const page = await open(`${gateway.url}/`, { permissions: ['clipboard-read', 'clipboard-write'] });
		const card = page.locator('[data-stream="demo"]');
		await card.waitFor();
		expect(await page.getByRole('heading', { level: 1, name: 'Streams' }).count()).toBe(1);
		expect(await page.locator('[data-stream]').count()).toBe(2);
		expect(await card.locator('.pill').textContent()).toContain('Ready');
		const addresses = await card.locator('.copy-value').allTextContents();
		expect(addresses).toEqual([
			`${gateway.url}/watch/demo`,
			`${gateway.url}/whep/demo`,
			`${gateway.url}/hls/demo/index.m3u8`,
			`${gateway.url}/hls/demo/ll.m3u8`,
		]);
		const ofDemo = page.getByRole('group', { name: 'Addresses of demo' });
		expect(await ofDemo.getByRole('button', { name: 'Copy HLS', exact: true }).count()).toBe(1);
		for (const [index, address] of addresses.entries()) {
			const button = card.locator('.copy-button').nth(index);
			await button.click();
			await eventually(
				() => button.textContent(),
				(text) => text?.trim() === 'Copied',
				2000,
			);
			expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(address);
		}
	});

	test('says in plain words what is wrong with a camera', async () => {
		await fetch(`${gateway.url}/hls/nobody/home/index.m3u8`);
		const page = await open(`${gateway.url}/`);
		const trouble = page.locator('[data-stream="nobody/home"] .notes .trouble');
		await trouble.waitFor();
		expect(await trouble.textContent()).toMatch(/nothing listens|refused/i);
		expect(await page.locator('[data-stream="nobody/home"] .pill').textContent()).toContain('Not reached');
	});

	test('shows how to add a camera when there is none', async () => {
		const bare = await startGateway('webrtc: { udp_port: 0 }\nstreams: {}\n');
		try {
			const page = await open(bare.url);
			await page.getByText('No cameras yet').waitFor();
			expect(await page.locator('.copy-value').textContent()).toContain('rtsp://');
		} finally {
			await bare.stop();
		}
	});

	test('says so when the gateway is gone, and goes on when it is back', async () => {
		const first = await startGateway(CONFIG);
		const page = await open(first.url);
		await page.locator('[data-stream="demo"]').waitFor();
		await first.stop();
		await page.getByRole('alert').waitFor();
		const second = await startGateway(CONFIG, { port: first.port });
		try {
			await page.getByRole('alert').waitFor({ state: 'detached' });
		} finally {
			await second.stop();
		}
	});
});

describe('the watch page', () => {
	test('shows which stream it is on a narrow screen, too', async () => {
		const page = await open(`${gateway.url}/watch/nobody/home`, { viewport: { width: 360, height: 740 } });
		const { pill, name } = { pill: page.locator('#header .pill'), name: page.locator('#header h1') };
		await pill.waitFor();
		const hidden = (element: {
			scrollWidth: number;
			clientWidth: number;
			scrollHeight: number;
			clientHeight: number;
		}) => element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
		expect(await name.evaluate(hidden)).toBe(false);
		// Over two lines.
		const long = await open(`${gateway.url}/watch/northern-school/first-floor/physics`, {
			viewport: { width: 360, height: 740 },
		});
		const heading = long.locator('#header h1');
		await heading.waitFor();
		expect(await heading.evaluate(hidden)).toBe(false);
	});

	test('plays by WebRTC and says so, with figures', async () => {
		const page = await open(`${gateway.url}/watch/demo`);
		const stats = await playing(page, 'webrtc', 15_000);
		expect(stats).toMatchObject({ width: 1280, height: 720 });
		expect(stats.firstFrameMs).toBeGreaterThan(0);
		expect(stats.bitrate).toBeGreaterThan(10_000);
		expect(stats.latencyMs).toBeGreaterThan(0);
		const panel = page.locator('dualcast-player .panel');
		expect(await panel.textContent()).toMatch(/WebRTC[\s\S]*lowest delay[\s\S]*1280 × 720/);
		await moreFrames(page, stats, 30, 10_000);
	});

	test('leaving ends the session', async () => {
		const page = await open(`${gateway.url}/watch/demo`);
		await playing(page, 'webrtc', 15_000);
		expect((await viewers()).webrtc).toBe(1);
		await page.goto('about:blank');
		await eventually(viewers, ({ webrtc }) => webrtc === 0, 5000);
	});

	test('the sound can be turned on', async () => {
		const page = await open(`${gateway.url}/watch/demo`);
		await playing(page, 'webrtc', 15_000);
		const muted = () => page.locator('dualcast-player video').evaluate((video: { muted: boolean }) => video.muted);
		expect(await muted()).toBe(true);
		await page.getByRole('button', { name: 'Unmute' }).click();
		expect(await muted()).toBe(false);
		await page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
	});

	test('plays by HLS when WebRTC is switched off, and names the reason', async () => {
		const hlsOnly = await startGateway(WITHOUT_WEBRTC);
		try {
			const page = await open(`${hlsOnly.url}/watch/demo`);
			const stats = await playing(page, 'hls', 20_000);
			expect(stats.reason).toMatch(/webrtc\.enabled/);
			expect(await page.locator('dualcast-player .panel').textContent()).toContain('webrtc.enabled');
			await moreFrames(page, stats, 60, 15_000);
		} finally {
			await hlsOnly.stop();
		}
	});

	test('falls back to HLS when no packet comes through, and says why', async () => {
		const blocked = `${WITHOUT_UDP}
			addEventListener('dualcast-fallback', ({ detail }) => {
				window.fallback = { reason: detail.reason, at: performance.now() };
			});
		`;
		const page = await open(`${gateway.url}/watch/demo`, { before: blocked });
		const stats = await playing(page, 'hls', 30_000);
		expect(stats.reason).toMatch(/UDP/);
		const fallback = await page.evaluate<{ reason: string; at: number }>('window.fallback');
		expect(fallback.reason).toBe(stats.reason);
		expect(fallback.at).toBeGreaterThan(3000);
		await eventually(viewers, ({ webrtc }) => webrtc === 0, 5000);
	});

	test.each(['webrtc', 'hls'] as const)('a picture by %s that was paused has a button that plays it', async (mode) => {
		const page = await open(`${gateway.url}/watch/demo?mode=${mode}`);
		const { firstFrameMs } = await playing(page, mode, 30_000);
		const video = page.locator('dualcast-player video');
		const play = page.getByRole('button', { name: 'Play', exact: true });
		// As a media key does, the pause button of a floating window, or an iPhone that leaves full screen.
		await video.evaluate<void, { pause(): void }>((element) => element.pause());
		await play.waitFor();
		await play.click();
		await play.waitFor({ state: 'hidden' });
		const now = await moreFrames(page, await playing(page, mode, 15_000), 30, 15_000);
		expect(now).toMatchObject({ mode, firstFrameMs });
	});

	test('a picture that a phone paused with its page goes on when that is shown again', async () => {
		const page = await open(`${gateway.url}/watch/demo?mode=webrtc`);
		await playing(page, 'webrtc', 30_000);
		const show = (hidden: boolean, then = '') =>
			page.evaluate(`{
				Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
				${then}
				document.dispatchEvent(new Event('visibilitychange'));
			}`);
		const pause = `document.querySelector('dualcast-player').shadowRoot.querySelector('video').pause();`;
		await show(true, pause);
		const play = page.getByRole('button', { name: 'Play', exact: true });
		await play.waitFor();
		await show(false);
		await play.waitFor({ state: 'hidden' });
		await moreFrames(page, await playing(page, 'webrtc', 15_000), 30, 15_000);
	});

	test('the way can be chosen, and the address keeps the choice', async () => {
		const page = await open(`${gateway.url}/watch/demo`);
		await playing(page, 'webrtc', 15_000);
		await page.getByRole('button', { name: 'HLS', exact: true }).click();
		expect((await playing(page, 'hls', 20_000)).reason).toMatch(/You chose/);
		expect(new URL(page.url()).searchParams.get('mode')).toBe('hls');
		await page.getByRole('button', { name: 'Auto', exact: true }).click();
		await playing(page, 'webrtc', 15_000);
		expect(new URL(page.url()).search).toBe('');
	});

	test('whoever changes the way again and again leaves no session behind', async () => {
		const page = await open(`${gateway.url}/watch/demo?mode=webrtc`);
		await playing(page, 'webrtc', 15_000);
		await page.evaluate(`(async () => {
			const player = document.querySelector('dualcast-player');
			for (let change = 0; change < 20; change++) {
				player.mode = change % 2 ? 'webrtc' : 'auto';
				await new Promise((resolve) => setTimeout(resolve, change * 5));
			}
		})()`);
		await playing(page, 'webrtc', 15_000);
		await eventually(viewers, ({ webrtc }) => webrtc === 1, 5000);
	});

	test('whoever leaves while a slow network brings the answer leaves no session behind', async () => {
		const page = await open(`${gateway.url}/watch/demo?mode=hls`);
		await playing(page, 'hls', 30_000);
		const SLOWNESS_MS = 2500;
		await page.route('**/whep/demo', async (route) => {
			const response = await route.fetch();
			await new Promise((resolve) => setTimeout(resolve, SLOWNESS_MS));
			await route.fulfill({ response }).catch(() => undefined);
		});
		await page.getByRole('button', { name: 'WebRTC', exact: true }).click();
		await eventually(viewers, ({ webrtc }) => webrtc === 1, 5000);
		await page.getByRole('button', { name: 'HLS', exact: true }).click();
		await eventually(viewers, ({ webrtc }) => webrtc === 0, 10_000);
	});

	test('comes back by itself when the gateway restarts', async () => {
		const first = await startGateway(CONFIG);
		const page = await open(`${first.url}/watch/demo`);
		await playing(page, 'webrtc', 15_000);
		await first.kill();
		await eventually(
			() => statsOf(page),
			({ state }) => state === 'waiting',
			30_000,
		);
		const second = await startGateway(CONFIG, { port: first.port });
		try {
			await playing(page, 'webrtc', 30_000);
		} finally {
			await second.stop();
		}
	});

	test('names the trouble of a camera and offers to try again', async () => {
		const page = await open(`${gateway.url}/watch/nobody/home`);
		const card = page.locator('dualcast-player .card');
		await card.waitFor();
		expect(await card.textContent()).toMatch(/nothing listens|refused/i);
		await card.getByRole('button', { name: 'Try now' }).waitFor();
		// What changes each second is not read aloud each second.
		const read = await page.locator('dualcast-player .message').ariaSnapshot();
		expect(read).toMatch(/It tries again by itself/);
		expect(read).not.toMatch(/Trying again in/);
	});

	test('a stream that does not exist is named as such', async () => {
		const page = await open(`${gateway.url}/watch/no-such`);
		await page.getByText('This stream cannot be played').waitFor();
		expect((await statsOf(page)).state).toBe('failed');
	});
});

describe('a phone', () => {
	test.each(['/', '/watch/demo', '/watch/nobody/home'])('%s needs no scrolling to the side', async (path) => {
		const page = await open(`${gateway.url}${path}`, { viewport: { width: 360, height: 740 } });
		await page.locator('.links').first().waitFor();
		if (path === '/watch/demo') await playing(page, 'webrtc', 15_000);
		expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
	});
});

describe('the reason for HLS, in a folded player on a phone', () => {
	const before = `${WITHOUT_UDP} localStorage.setItem('dualcast-panel', 'folded');`;
	const viewport = { width: 360, height: 740 };

	test('leaves the picture free, and goes', async () => {
		const page = await open(`${gateway.url}/watch/demo`, { before, viewport });
		await playing(page, 'hls', 30_000);
		const [why, picture] = await Promise.all(
			['.why', 'video'].map((part) => page.locator(`dualcast-player ${part}`).boundingBox()),
		);
		expect(why?.height).toBeLessThan((picture?.height ?? 0) / 3);
		await page.locator('dualcast-player .why').waitFor({ state: 'hidden', timeout: 15_000 });
	});

	test('stands beside the reason against HLS where that plays nothing either, and not before the button', async () => {
		const neither = await startGateway('webrtc: { udp_port: 0 }\nhls: { enabled: false }\nstreams: { demo: demo }\n');
		try {
			for (const panel of ['folded', 'open']) {
				const script = before.replace('folded', panel);
				const page = await open(`${neither.url}/watch/demo`, { before: script, viewport });
				const card = page.locator('dualcast-player .card');
				await card.waitFor();
				expect(await card.textContent()).toMatch(/hls\.enabled[\s\S]*WebRTC could not connect[\s\S]*webrtc\.tcp_port/);
				await card.getByRole('button', { name: 'Try again' }).click({ timeout: 5000 });
				await card.waitFor({ state: 'detached' });
			}
		} finally {
			await neither.stop();
		}
	});
});

test.each([160, 240])('in a column of %i pixels the buttons of a player have their places', async (width) => {
	const page = await open(`${gateway.url}/`);
	await page.evaluate(`import('/player.js').then(() => {
		document.body.innerHTML = '<dualcast-player stream="demo" style="width: ${width}px"></dualcast-player>';
	})`);
	await playing(page, 'webrtc', 15_000);
	const buttons = page.locator('dualcast-player').getByRole('button');
	await page.getByRole('button', { name: 'Unmute' }).waitFor();
	type Box = { left: number; right: number; top: number; bottom: number };
	type Shown = { scrollWidth: number; clientWidth: number; getBoundingClientRect(): Box };
	const shown = await buttons.evaluateAll((all: Shown[]) =>
		all.map((each) => ({ cut: each.scrollWidth > each.clientWidth, box: each.getBoundingClientRect() })),
	);
	const start = (await page.locator('dualcast-player').boundingBox())?.x ?? 0;
	for (const [index, { cut, box }] of shown.entries()) {
		expect(cut).toBe(false);
		expect(box.left).toBeGreaterThanOrEqual(start);
		expect(box.right).toBeLessThanOrEqual(start + width);
		for (const { box: other } of shown.slice(index + 1)) {
			const apart =
				box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
			expect(apart).toBe(true);
		}
	}
});

test('the player module serves other pages', async () => {
	const page = await open(`${gateway.url}/`);
	await page.evaluate(`import('/player.js').then(() => {
		document.body.innerHTML = '<dualcast-player stream="demo" mode="webrtc"></dualcast-player>';
	})`);
	await playing(page, 'webrtc', 15_000);
});
