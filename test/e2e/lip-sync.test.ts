import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { playing, watch } from './harness/player.ts';

const CONFIG = 'webrtc: { udp_port: 0 }\nstreams: { demo: { source: demo, on_demand: false } }\n';
const DEADLINE_MS = 30_000;
const BEEPS = 5;
/** A browser brings the two together in steps of a second or more. */
const ROUNDS = 6;
/** Milliseconds that sound may be ahead of or behind the picture before anybody notices (ITU-R BT.1359). */
const NOTICED = 45;

let browser: Browser;
let gateway: RunningGateway;

beforeAll(async () => {
	[browser, gateway] = await Promise.all([launchChromium(), startGateway(CONFIG)]);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
});

describe('the beep of the demo camera comes with its flash', () => {
	test.each(['webrtc', 'hls'] as const)('by %s', { timeout: 4 * DEADLINE_MS }, async (mode) => {
		const page = await watch(browser, gateway.url, 'demo', mode);
		await playing(page, mode, DEADLINE_MS);
		await page.evaluate(await readFile(new URL('./lip-sync-page.js', import.meta.url), 'utf8'));
		await page.evaluate('lipSyncMeter().then((meter) => { globalThis.nextOffsets = meter; })');
		const options = JSON.stringify({ beeps: BEEPS, deadline: DEADLINE_MS });
		const medians: number[] = [];
		while (medians.length < ROUNDS && !(Math.abs(medians.at(-1) ?? Number.NaN) <= NOTICED)) {
			const offsets = await page.evaluate<number[]>(`nextOffsets(${options})`);
			medians.push(Math.round(offsets.toSorted((one, other) => one - other)[(BEEPS - 1) / 2] ?? Number.NaN));
		}
		process.stdout.write(`${mode}: sound after picture by ${medians.join(', then ')} ms\n`);
		expect(Math.abs(medians.at(-1) ?? Number.NaN)).toBeLessThanOrEqual(NOTICED);
		await page.context().close();
	});
});
