import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { streamInfo, webRtcSessions } from './harness/api.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { playing } from './harness/player.ts';
import { eventually } from './harness/wait.ts';

const API_KEY = 'the key of the school, thirty-two bytes';
const STREAMS = 'webrtc: { udp_port: 0 }\nstreams:\n  demo: { source: demo }\n';
const DEADLINE_MS = 30_000;

let browser: Browser;
let gateway: RunningGateway;
let closed: RunningGateway;
const pages: Page[] = [];

beforeAll(async () => {
	[browser, gateway, closed] = await Promise.all([
		launchChromium(),
		startGateway(STREAMS),
		startGateway(`${STREAMS}auth: { read: jwt, api_keys: ["${API_KEY}"] }\n`),
	]);
});

afterEach(async () => {
	for (const page of pages.splice(0)) await page.context().close();
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
	await closed?.stop();
});

async function open(url: string, width = 1280): Promise<Page> {
	const page = await (await browser.newContext({ viewport: { width, height: 800 } })).newPage();
	pages.push(page);
	await page.goto(url);
	return page;
}

/** The figures of the first viewer, by their columns. */
function figures(page: Page): Promise<Record<string, string>> {
	return page
		.locator('viewer-list tbody tr')
		.first()
		.locator('td')
		.evaluateAll((cells) =>
			Object.fromEntries(
				(cells as unknown as { dataset: { label: string }; innerText: string }[]).map(({ dataset, innerText }) => [
					dataset.label,
					innerText,
				]),
			),
		);
}

async function pageFor(fields: Record<string, string>): Promise<Page> {
	const response = await fetch(`${closed.url}/api/token?${new URLSearchParams({ stream: 'demo', ...fields })}`, {
		method: 'POST',
		headers: { 'x-api-key': API_KEY },
	});
	const { token } = (await response.json()) as { token: string };
	const page = await open(`${closed.url}/watch/demo?jwt=${token}`);
	await page.locator('#details .card').first().waitFor();
	return page;
}

describe('the viewers of a stream', () => {
	test.each([1280, 360])('are a table with figures that move, %d pixels wide', async (width) => {
		const page = await open(`${gateway.url}/watch/demo`, width);
		const { firstFrameMs = 0 } = await playing(page, 'webrtc', DEADLINE_MS);
		const [session] = await eventually(
			() => webRtcSessions(gateway.url),
			([each]) => each?.first_frame_shown_after_ms !== undefined,
			DEADLINE_MS,
		);
		// It runs from the offer, the player's own figure from the wish to play.
		expect(session?.first_frame_shown_after_ms).toBeGreaterThan(0);
		expect(session?.first_frame_shown_after_ms).toBeLessThanOrEqual(firstFrameMs + 1);
		expect(session?.local).toMatch(/^udp \S+:\d+$/);

		await page.locator('viewer-list summary').click();
		const row = page.locator('viewer-list tbody tr').first();
		await row.waitFor();
		expect(await row.locator('th').innerText()).toContain(session?.remote?.replace('udp ', ''));
		const pictures = ({ Pictures = '' }: Record<string, string>) => Number(Pictures.replace(/\D/g, ''));
		const before = await figures(page);
		expect(before).toMatchObject({ Loss: expect.stringMatching(/%|–/), NACK: expect.stringMatching(/^\d+$/) });
		expect(before['First picture']).toMatch(/^[\d.]+ m?s\s+sent [<\d. ]+ m?s$/);
		expect(pictures(before)).toBeGreaterThan(0);
		const later = await eventually(
			() => figures(page),
			(now) => pictures(now) > pictures(before) && /\d/.test(now['Round trip'] ?? ''),
			DEADLINE_MS,
		);
		expect(later.Bitrate).toMatch(/^[\d.]+ [kM]bit\/s$/);
		await eventually(
			() => streamInfo(gateway.url, 'demo'),
			({ webrtc_totals }) => (webrtc_totals?.frames_sent ?? 0) >= pictures(later),
			DEADLINE_MS,
		);
		expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
	});

	test('are asked for only while the table is open', async () => {
		const page = await open(`${gateway.url}/watch/demo`);
		const asked: string[] = [];
		page.on('request', (request) => request.url().includes('/webrtc/sessions') && asked.push(request.method()));
		await playing(page, 'webrtc', DEADLINE_MS);
		await page.locator('viewer-list summary').waitFor();
		expect(asked.filter((method) => method === 'GET')).toEqual([]);
	});

	test('are for admins where tokens are needed', async () => {
		const student = await pageFor({ user_id: 'ann' });
		await playing(student, 'webrtc', DEADLINE_MS);
		expect(await student.locator('viewer-list details').count()).toBe(0);
		const admin = await pageFor({ user_id: 'head', user_type: 'admin', action: 'admin' });
		await admin.locator('viewer-list summary').click();
		await admin.locator('viewer-list tbody tr').first().waitFor();
	});
});
