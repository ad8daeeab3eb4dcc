import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAKE_SDP, FakeCamera, ok } from '../../camera/fake-camera.ts';
import { launchChromium } from '../harness/chromium.ts';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';
import { ask } from './raw-http.ts';

const SCRIPT = '<img src=x onerror=window.pwned=1>';
const DEADLINE_MS = 30_000;

let browser: Browser;
let gateway: RunningGateway;
let camera: FakeCamera;
let evil: Server;
let evilUrl: string;

beforeAll(async () => {
	camera = await FakeCamera.start({
		on: {
			DESCRIBE: (request) =>
				ok(
					request,
					{ 'Content-Type': 'application/sdp', Server: SCRIPT },
					FAKE_SDP.replace('m=audio 0 RTP/AVP 8', 'm=audio 0 RTP/AVP 97\r\na=rtpmap:97 <b>bold<b>/8000').replace(
						's=fake',
						`s=${SCRIPT}`,
					),
				),
		},
	});
	evil = createServer((_request, response) => {
		response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>');
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => evil.once('listening', resolve));
	evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/`;
	[browser, gateway] = await Promise.all([
		launchChromium(['--host-resolver-rules=MAP rebound.example 127.0.0.1']),
		startGateway(`
webrtc: { udp_port: 0 }
probe: { local: true }
streams: { cam: "${camera.url}" }
`),
	]);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
	await camera?.close();
	evil?.closeAllConnections();
	evil?.close();
});

async function openPage(url: string): Promise<Page> {
	const page = await (await browser.newContext()).newPage();
	await page.goto(url);
	return page;
}

describe('S12 pages', () => {
	test('S12 run no script of a name in their address or of what a camera says', {
		timeout: 3 * DEADLINE_MS,
	}, async () => {
		// The camera has spoken: its words are in the API, and from there on the pages.
		await (await fetch(`${gateway.url}/hls/cam/index.m3u8`)).arrayBuffer();
		const view = await (await fetch(`${gateway.url}/api/v1/streams/cam`)).text();
		expect(view).toContain('<b>bold<b>');
		const name = encodeURIComponent(SCRIPT);
		for (const path of ['/', '/watch/cam', `/watch/${name}`, `/watch/cam?mode=${name}#${name}`, `/?${name}`]) {
			const page = await openPage(`${gateway.url}${path}`);
			await page.waitForSelector(path.startsWith('/watch') ? 'dualcast-player' : 'body', { state: 'attached' });
			await page.waitForLoadState('networkidle').catch(() => {});
			expect(await page.evaluate('window.pwned'), path).toBeUndefined();
			// Locators look into the elements of our own as well.
			expect(await page.locator('b, img[src=x]').count(), path).toBe(0);
			await page.context().close();
		}
	});

	test('S12 and errors repeat no name, guess no type and send nobody elsewhere', async () => {
		const name = encodeURIComponent('<script>alert(1)</script>');
		const mistyped = await ask(gateway.port, 'GET', '/mistyped', ['Accept: text/html']);
		for (const path of [
			`/${name}`,
			`/${name}/`,
			`/watch/${name}`,
			`/watch/${name}/`,
			`/hls/${name}/index.m3u8`,
			`/api/v1/streams/${name}`,
			`/whep/${name}`,
			`/whep/sessions/${name}`,
			`/assets/${name}`,
			`/assets/../${name}`,
			'//evil.example',
			'//evil.example/',
			'/\\evil.example',
			'/watch//evil.example/',
			'/watch',
			'/assets',
			'/api/v1/streams?callback=alert',
		]) {
			const { status, head, body } = await ask(gateway.port, 'GET', path, ['Accept: text/html']);
			expect(status < 300 || status >= 400, `${path} → ${status}`).toBe(true);
			expect(head.toLowerCase(), path).not.toContain('\r\nlocation:');
			expect(head.toLowerCase(), path).toContain('x-content-type-options: nosniff');
			expect(`${head}${body.toString('latin1')}`, path).not.toContain('<script>alert');
			expect(body.toString('latin1'), path).not.toContain('evil.example');
			if (status < 400 || !head.toLowerCase().includes('content-type: text/html')) continue;
			// The one page there is for mistyped addresses, the same for all of them.
			expect(path).not.toMatch(/^\/(?:api|assets|hls|whep)\/\w/);
			expect(status, path).toBe(404);
			expect(head, path).toContain("default-src 'none'; script-src 'self';");
			expect(body, path).toEqual(mistyped.body);
		}
	});

	test('S12 allow their own scripts only, and the dashboard no frame', async () => {
		for (const [path, ancestors] of [
			['/', "frame-ancestors 'self'"],
			['/watch/cam', 'frame-ancestors *'],
		] as const) {
			const { headers } = await fetch(`${gateway.url}${path}`);
			const policy = headers.get('content-security-policy') ?? '';
			for (const part of [
				"default-src 'none'",
				"script-src 'self'",
				"base-uri 'none'",
				"form-action 'none'",
				ancestors,
			]) {
				expect(policy, path).toContain(part);
			}
			expect(policy).not.toMatch(/script-src[^;]*unsafe/);
			expect(headers.get('x-content-type-options')).toBe('nosniff');
			expect(headers.get('referrer-policy')).toBe('no-referrer');
		}
	});

	test('S12 of other sites may read media, without credentials, and nothing else', async () => {
		for (const path of [
			'/',
			'/api/v1/streams',
			'/api/v1/webrtc/sessions',
			'/api/token',
			'/hls/cam/none.ts',
			'/whep/cam',
		]) {
			for (const method of ['GET', 'OPTIONS']) {
				const { headers } = await fetch(`${gateway.url}${path}`, {
					method,
					headers: { origin: 'http://evil.example' },
				});
				const media = path.startsWith('/hls') || path.startsWith('/whep');
				expect(headers.get('access-control-allow-origin'), `${method} ${path}`).toBe(media ? '*' : null);
				expect(headers.get('access-control-allow-credentials')).toBeNull();
			}
		}
	});
});

/** What a page gets that has the gateway look at a camera, in every way a page can. */
const ATTACK = `async (target) => {
	const body = JSON.stringify({ source: target.camera });
	const attempts = [
		{ headers: { 'content-type': 'application/json' }, body },
		{ headers: { 'content-type': 'text/plain' }, body },
		{ mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body },
		{ mode: 'no-cors', body: new URLSearchParams({ source: target.camera }) },
		{ mode: 'no-cors', body: new Blob([body]) },
	];
	const seen = [];
	for (const attempt of attempts) {
		seen.push(await fetch(target.url, { method: 'POST', ...attempt }).then(({ status }) => status, () => 'refused'));
	}
	return seen;
}`;

describe("S12 another site's page in the browser of somebody inside", () => {
	test('S12 has no camera looked at', async () => {
		const before = camera.clients.length;
		const page = await openPage(evilUrl);
		const target = JSON.stringify({ url: `${gateway.url}/api/v1/probe`, camera: camera.url });
		const seen = await page.evaluate<(number | string)[]>(`(${ATTACK})(${target})`);
		// An opaque answer has status 0: the page does not learn that it was refused.
		expect(seen).toEqual(['refused', 'refused', 0, 0, 0]);
		expect(camera.clients.length).toBe(before);
		await page.context().close();
	});

	test('S12 has none looked at under a name that was made to mean the gateway', async () => {
		const before = camera.clients.length;
		const page = await openPage(`http://rebound.example:${gateway.port}/`);
		const target = JSON.stringify({ url: '/api/v1/probe', camera: camera.url });
		const seen = await page.evaluate<(number | string)[]>(`(${ATTACK})(${target})`);
		expect(seen).toEqual([421, 421, 421, 421, 421]);
		expect(camera.clients.length).toBe(before);
		await page.context().close();
	});

	test('S12 while our own page does', async () => {
		const page = await openPage(`${gateway.url}/`);
		const before = camera.clients.length;
		const target = JSON.stringify({ url: '/api/v1/probe', camera: camera.url });
		const [first] = await page.evaluate<(number | string)[]>(`(${ATTACK})(${target})`);
		expect(first).not.toBe(403);
		expect(camera.clients.length).toBeGreaterThan(before);
		await page.context().close();
	});
});
