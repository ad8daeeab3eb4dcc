import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebRtcSession } from '../../src/api/whep/webrtc-port.ts';
import { freePort } from '../camera/free-port.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { playing, statsOf } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const run = promisify(execFile);
const API_KEY = 'the key of the school, thirty-two bytes';
const DEADLINE_MS = 30_000;

let browser: Browser;
let gateway: RunningGateway;
let rtspPort: number;

beforeAll(async () => {
	rtspPort = await freePort();
	const config = `
webrtc: { udp_port: 0 }
auth: { read: jwt, api_keys: ["${API_KEY}"] }
rtsp_server: { enabled: true, host: 127.0.0.1, port: ${rtspPort}, udp: false }
streams:
  room/5: { source: demo, on_demand: false }
  staff: { source: demo, on_demand: false }
`;
	[browser, gateway] = await Promise.all([launchChromium(), startGateway(config)]);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
});

type Token = { token: string; watch_url: string; hls_url: string; ll_hls_url: string };

async function tokenFor(fields: Record<string, string>): Promise<Token> {
	const response = await fetch(`${gateway.url}/api/token?${new URLSearchParams(fields)}`, {
		method: 'POST',
		headers: { 'x-api-key': API_KEY },
	});
	if (!response.ok) throw new Error(await response.text());
	return (await response.json()) as Token;
}

async function revoke(subject: string): Promise<void> {
	const { token } = await tokenFor({ user_id: 'head', user_type: 'admin', action: 'admin' });
	const response = await fetch(`${gateway.url}/api/token/revoke`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ subject }),
	});
	expect(response.status).toBe(204);
}

async function open(url: string): Promise<Page> {
	const page = await (await browser.newContext()).newPage();
	await page.goto(url);
	return page;
}

async function sessions(): Promise<WebRtcSession[]> {
	const { token } = await tokenFor({ user_id: 'head', user_type: 'admin', action: 'admin' });
	const headers = { authorization: `Bearer ${token}` };
	return (await (await fetch(`${gateway.url}/api/v1/webrtc/sessions`, { headers })).json()) as WebRtcSession[];
}

function ffmpeg(input: string, ...before: string[]) {
	const words = ['-v', 'warning', '-xerror', ...before, '-i', input, '-t', '3', '-f', 'null', '-'];
	return run('ffmpeg', words, { timeout: DEADLINE_MS });
}

describe('with tokens needed', () => {
	test('a watch page plays with its token, by WebRTC and by HLS', { timeout: 3 * DEADLINE_MS }, async () => {
		const { watch_url } = await tokenFor({ user_id: 'ann', stream: 'room/5' });
		for (const mode of ['webrtc', 'hls'] as const) {
			const page = await open(`${watch_url}&mode=${mode}`);
			await playing(page, mode, DEADLINE_MS);
			await page.context().close();
		}
	});

	test('a page without a token says that one is needed', async () => {
		const page = await open(`${gateway.url}/watch/room/5`);
		const stats = await eventually(
			() => statsOf(page),
			({ state }) => state === 'failed',
			DEADLINE_MS,
		);
		expect(stats.reason).toMatch(/token/i);
		await page.context().close();
	});

	test('a running viewer is ended when its token is revoked', { timeout: 2 * DEADLINE_MS }, async () => {
		const { watch_url } = await tokenFor({ user_id: 'bob', stream: 'room/5' });
		const page = await open(`${watch_url}&mode=webrtc`);
		await playing(page, 'webrtc', DEADLINE_MS);
		expect((await sessions()).length).toBeGreaterThan(0);
		await revoke('bob');
		await eventually(sessions, (left) => left.length === 0, DEADLINE_MS);
		const stats = await eventually(
			() => statsOf(page),
			({ state }) => state === 'failed',
			DEADLINE_MS,
		);
		expect(stats.reason).toMatch(/revoked/);
		await page.context().close();
	});

	test('a player that knows only addresses plays HLS', { timeout: 2 * DEADLINE_MS }, async () => {
		const { hls_url, ll_hls_url } = await tokenFor({ user_id: 'ann', stream: 'room/5' });
		expect((await ffmpeg(hls_url)).stderr).toBe('');
		expect((await fetch(ll_hls_url)).status).toBe(200);
	});

	test('segments are not for those who may read another stream', { timeout: DEADLINE_MS }, async () => {
		const { hls_url } = await tokenFor({ user_id: 'ann', stream: 'room/5' });
		const playlist = await (await fetch(hls_url)).text();
		const segment = playlist.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
		const url = new URL(segment, hls_url);
		const good = await fetch(url);
		expect([good.status, good.headers.get('cache-control')]).toEqual([200, expect.stringContaining('private')]);
		const { token } = await tokenFor({ user_id: 'cid', stream: 'staff' });
		const status = async (path: string) => (await fetch(new URL(path, url))).status;
		expect(await status(url.pathname)).toBe(401);
		expect(await status(`${url.pathname}?jwt=${token}`)).toBe(403);
		expect(await status('/hls/nobody/index.m3u8')).toBe(401);
		expect(await status(`/hls/nobody/index.m3u8?jwt=${token}`)).toBe(403);
	});

	test('an RTSP player brings its token in the address', { timeout: 2 * DEADLINE_MS }, async () => {
		const { token } = await tokenFor({ user_id: 'ann', stream: 'room/5' });
		const url = (path: string, query: string) => `rtsp://127.0.0.1:${rtspPort}/${path}${query}`;
		expect((await ffmpeg(url('room/5', `?jwt=${token}`), '-rtsp_transport', 'tcp')).stderr).toBe('');
		await expect(ffmpeg(url('staff', `?jwt=${token}`), '-rtsp_transport', 'tcp')).rejects.toThrow(/403/);
		await expect(ffmpeg(url('room/5', '?jwt=guess'), '-rtsp_transport', 'tcp')).rejects.toThrow(/401/);
	});

	test('a running RTSP player is ended when its token is revoked', { timeout: 2 * DEADLINE_MS }, async () => {
		const { token } = await tokenFor({ user_id: 'dan', stream: 'room/5' });
		const url = `rtsp://127.0.0.1:${rtspPort}/room/5?jwt=${token}`;
		const reading = run('ffmpeg', ['-v', 'quiet', '-rtsp_transport', 'tcp', '-i', url, '-f', 'null', '-'], {
			// Longer than what is waited for: it must not end by itself.
			timeout: 2 * DEADLINE_MS,
		}).then(
			() => 'ended',
			() => 'ended',
		);
		const readers = async () => {
			const head = await tokenFor({ user_id: 'head', user_type: 'admin', action: 'admin' });
			const headers = { authorization: `Bearer ${head.token}` };
			const response = await fetch(`${gateway.url}/api/v1/streams/room/5`, { headers });
			return ((await response.json()) as { viewers: { rtsp: number } }).viewers.rtsp;
		};
		await eventually(readers, (count) => count === 1, DEADLINE_MS);
		await revoke('dan');
		await eventually(readers, (count) => count === 0, DEADLINE_MS);
		expect(await reading).toBe('ended');
	});

	test('another gateway gives it as the password', { timeout: 2 * DEADLINE_MS }, async () => {
		const { token } = await tokenFor({ user_id: 'sub node', stream: 'room/5' });
		const camera = `{ source: "rtsp://127.0.0.1:${rtspPort}/room/5", username: any, password: "${token}" }`;
		const second = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { cam: ${camera} }\n`);
		try {
			expect((await ffmpeg(`${second.url}/hls/cam/index.m3u8`)).stderr).toBe('');
			expect(second.output()).not.toContain('eyJ');
		} finally {
			await second.stop();
		}
	});

	test('tokens are in no log line', () => {
		expect(gateway.output()).not.toContain('eyJ');
	});
});
