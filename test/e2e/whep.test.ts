import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebRtcSession } from '../../src/api/whep/webrtc-port.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { launchChromium } from './harness/chromium.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';

const config = (transport: string) => `
webrtc: { udp_port: 0, transport: ${transport} }
streams:
  demo: { source: demo, on_demand: false }
`;
const DEADLINE_MS = 20_000;

/** What the page saw, and how often the browser had lost the picture and asked for a whole one. */
type Seen = { statuses: number[]; etags: string[]; type: string; asked: number };

let browser: Browser;

beforeAll(async () => {
	browser = await launchChromium();
});

afterAll(() => browser?.close());

describe.each(secureTransports)('WHEP from a page of another origin, the $name transport', ({ name }) => {
	let gateway: RunningGateway;

	beforeAll(async () => {
		gateway = await startGateway(config(name));
	});

	afterAll(() => gateway?.stop());

	test('restarts ICE while the picture goes on', { timeout: 3 * DEADLINE_MS }, async () => {
		const page = await browser.newPage();
		// Another origin: what the page may read is what CORS lets it.
		await page.goto(`${gateway.url.replace('127.0.0.1', 'localhost')}/livez`);
		const endpoint = `${gateway.url}/whep/demo`;
		await page.evaluate(await readFile(new URL('./whep-restart-page.js', import.meta.url), 'utf8'));
		const options = JSON.stringify({ endpoint, deadline: DEADLINE_MS });
		const seen = await page.evaluate<Seen>(`restartIce(${options})`);
		expect(seen).toMatchObject({
			statuses: [201, 200, 412, 200, 404],
			type: 'application/trickle-ice-sdpfrag',
			asked: 0,
		});
		expect(seen.etags[0]).toMatch(/^"[\w-]+"$/);
		expect(seen.etags[1]).not.toBe(seen.etags[0]);
		const sessions = (await (await fetch(`${gateway.url}/api/v1/webrtc/sessions`)).json()) as WebRtcSession[];
		expect(sessions).toEqual([]);
		await page.close();
	});
});
