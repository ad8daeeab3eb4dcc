import { execFile } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probeReportSchema, problemSchema } from '../../src/api/schemas.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { streamStats } from './harness/api.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { eventually } from './harness/wait.ts';

const MAIN = new URL('../../dist/main.js', import.meta.url).pathname;
const SMALL = { width: 320, height: 240, bitrate: 500, fps: 25, gop: 25 };

let plain: GstCamera;
let reordered: GstCamera;
let gateway: RunningGateway;

beforeAll(async () => {
	[plain, reordered] = await Promise.all([
		GstCamera.start({ ...SMALL, video: 'high', audio: 'aac', protocols: 'tcp' }),
		GstCamera.start({ ...SMALL, video: 'high-bframes', audio: 'alaw', auth: 'digest' }),
	]);
	gateway = await startGateway(`
webrtc: { udp_port: 0 }
probe: { local: true }
streams:
  yard: { source: "${plain.url}", on_demand: false }
`);
});

afterAll(async () => {
	await gateway?.stop();
	await plain?.stop();
	await reordered?.stop();
});

async function ask(body: object): Promise<{ status: number; text: string }> {
	const response = await fetch(`${gateway.url}/api/v1/probe`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body),
	});
	return { status: response.status, text: await response.text() };
}

function dualcast(...args: string[]): Promise<{ code: number; out: string; err: string }> {
	return new Promise((resolve) => {
		const child = execFile(process.execPath, [MAIN, ...args], (_failure, out, err) => {
			resolve({ code: child.exitCode ?? -1, out, err });
		});
	});
}

describe('POST /api/v1/probe', () => {
	test('says what a camera is and where it plays, while a stream of it goes on', async () => {
		const { status, text } = await ask({ source: plain.url });
		expect(status).toBe(200);
		const report = probeReportSchema.parse(JSON.parse(text));
		expect(report).toMatchObject({
			transport: 'tcp',
			video: { codec: 'h264', profile: 'High', width: 320, height: 240, gop_frames: 25, b_frames: false },
			audio: { codec: 'aac' },
		});
		expect(report.outputs.map(({ verdict }) => verdict)).toEqual([
			'plays_without_sound',
			'plays_without_sound',
			'plays_without_sound',
			'plays',
			'plays',
		]);
		expect((await streamStats(gateway.url, 'yard')).reconnects).toBe(0);
	});

	test('takes a password and tells a wrong one, in no place at all', async () => {
		const good = await ask({ source: reordered.url, username: 'user', password: 'pass' });
		expect(probeReportSchema.parse(JSON.parse(good.text)).advice.join()).toContain('B-frames');
		const bad = await ask({ source: reordered.urlAs('user', 'wr0ng!') });
		expect(bad.status).toBe(502);
		expect(problemSchema.parse(JSON.parse(bad.text))).toMatchObject({ code: 'camera_unauthorized' });
		expect(bad.text + gateway.output()).not.toContain('wr0ng');
	});

	test('names the cause where there is no camera', async () => {
		const { status, text } = await ask({ source: 'rtsp://127.0.0.1:1/nothing' });
		expect(status).toBe(502);
		expect(problemSchema.parse(JSON.parse(text)).code).toBe('camera_refused');
		// The gateway itself: it speaks HTTP.
		const other = await ask({ source: `rtsp://127.0.0.1:${gateway.port}/api/v1/streams` });
		expect(other.status).toBeGreaterThanOrEqual(502);
		expect(other.text).not.toContain('yard');
	});
});

describe('dualcast probe', () => {
	test('prints a card', async () => {
		const { code, out, err } = await dualcast('probe', plain.url);
		expect(err).toBe('');
		expect(out).toMatch(/Picture +H\.264 High, level [\d.]+ · 320 × 240/);
		expect(out).toMatch(/✓ HLS \(MPEG-TS\) +plays/);
		expect(out).toContain('→ For sound by WebRTC, set the audio codec of the camera to G.711 or Opus.');
		expect(code).toBe(0);
	});

	test('prints JSON, by the transport that was asked for', async () => {
		const { code, out } = await dualcast('probe', reordered.urlAs('user', 'pass'), '--json', '--transport', 'udp');
		expect(probeReportSchema.parse(JSON.parse(out))).toMatchObject({ transport: 'udp', video: { b_frames: true } });
		expect(out).not.toContain('pass');
		expect(code).toBe(0);
	});

	test('ends with 1 and the cause, and with 2 for what is no camera', async () => {
		const wrong = await dualcast('probe', reordered.urlAs('user', 'wr0ng!'));
		expect(wrong).toMatchObject({ code: 1, out: '' });
		expect(wrong.err).toMatch(/user name or password.*\(camera_unauthorized\)\n$/);
		expect(wrong.err).not.toContain('wr0ng');
		expect((await dualcast('probe', 'http://127.0.0.1/')).code).toBe(2);
	});
});

describe('the pages', () => {
	let browser: Browser;

	beforeAll(async () => {
		browser = await launchChromium();
	});

	afterAll(async () => {
		await browser?.close();
	});

	test('look at a camera by its address', async () => {
		const page = await browser.newPage();
		await page.goto(gateway.url);
		await page.click('.probe summary');
		await page.fill('[name=source]', reordered.url);
		await page.fill('[name=username]', 'user');
		await page.fill('[name=password]', 'wr0ng!');
		await page.click('probe-form button');
		await page.locator('probe-form .banner').waitFor();
		expect(await page.locator('probe-form .banner').textContent()).toContain('password');
		await page.fill('[name=password]', 'pass');
		await page.click('probe-form button');
		await page.locator('probe-form .report').waitFor();
		const verdicts = await page.locator('probe-form .verdict').allTextContents();
		expect(verdicts).toEqual([...Array(3).fill('Needs transcoding'), ...Array(2).fill('Without sound')]);
		await page.close();
	});

	test('show the figures of a camera', async () => {
		const page = await browser.newPage();
		await page.goto(`${gateway.url}/watch/yard`);
		const gop = page.locator('.meter', { hasText: 'Key frame every' });
		await eventually(
			() => gop.textContent(),
			(text) => /1 s\s*25 frames, no B-frames/.test(text ?? ''),
			20_000,
		);
		expect(await page.locator('.tracks tbody th').allTextContents()).toEqual([
			expect.stringMatching(/H\.264 High [\d.]+ 320 × 240/),
			expect.stringContaining('AAC'),
		]);
		await page.close();
	});
});
