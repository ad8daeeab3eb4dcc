import { randomBytes } from 'node:crypto';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Scope } from '../../src/base/scope.ts';
import type { SecureTransport } from '../../src/webrtc/transport/secure-transport.ts';
import { createWebRtcServer, type WebRtcServer } from '../../src/webrtc/webrtc-server.ts';
import { watch } from '../fakes/browser-viewer.ts';
import { ClipCamera, makeClip } from '../fakes/clip-camera.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { LossyTransport } from '../fakes/lossy-transport.ts';
import { PCMA } from '../fakes/sample-tracks.ts';
import { secureTransports } from '../fakes/secure-transports.ts';

const SECONDS = 8;
const FRAME_RATE = 30;
const DEADLINE = { timeout: 20_000 };

describe.each(secureTransports)('Chromium, the $name transport', ({ create }) => {
	let browser: Browser;
	let transport: SecureTransport;
	let network: LossyTransport;
	let page: Page;
	const scope = new Scope();
	/** What the page talks to. */
	let server: WebRtcServer;
	/** The last answer it got. */
	let answer = '';

	/** A camera of its own on the shared transport. */
	async function play(group: number): Promise<{ server: WebRtcServer; stream: FakeStream }> {
		const clip = await makeClip({ seconds: group / FRAME_RATE, bitrate: 2_000_000, group, profile: 'high' });
		const directory = new FakeDirectory();
		const stream = directory.add('camera', [clip.track, PCMA]);
		const camera = new ClipCamera(clip, stream);
		const server = createWebRtcServer({
			directory,
			transport: network,
			clock: systemClock,
			logger: silentLogger,
			randomBytes,
			maxSessions: 100,
		});
		scope.defer(() => camera.stop());
		scope.defer(() => server.close());
		return { server, stream };
	}

	beforeAll(async () => {
		transport = await create({
			udpPort: 0,
			additionalHosts: [],
			clock: systemClock,
			logger: silentLogger,
			maxPeers: 100,
		});
		scope.defer(() => transport.close());
		network = new LossyTransport(transport);
		browser = await chromium.launch({
			executablePath: '/usr/bin/chromium',
			args: ['--headless', '--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
		});
		scope.defer(() => browser.close());
		page = await browser.newPage();
		await page.exposeFunction('whep', async (offer: string) => {
			const created = await server.create('camera', offer, new AbortController().signal);
			answer = created.answer;
			return created;
		});
		await page.exposeFunction('ended', (id: string) => {
			server.remove(id);
		});
	});

	afterAll(() => scope.close());

	it('plays High without B-frames and A-law from the first picture on, from any moment of the group', async () => {
		const camera = await play(60);
		server = camera.server;
		const watched = await page.evaluate(watch, { milliseconds: SECONDS * 1000 });
		expect(watched).toMatchObject({ width: 1280, plis: 0 });
		expect(watched.decoded).toBeGreaterThan(SECONDS * FRAME_RATE * 0.9);
		expect(watched.soundPackets).toBeGreaterThan(SECONDS * 50 * 0.9);
		const firstFrames = [watched.firstFrame];
		for (let time = 0; time < 8; time++) {
			const again = await page.evaluate(watch, { milliseconds: 300 + time * 137 });
			expect(again.plis).toBe(0);
			expect(again.decoded).toBeGreaterThan(0);
			firstFrames.push(again.firstFrame);
		}
		process.stdout.write(`first pictures on screen after ${firstFrames.join(', ')} ms\n`);
		await expect.poll(() => [camera.stream.leases, camera.server.sessions().length], DEADLINE).toEqual([0, 0]);
	});

	it('keeps the picture at 5 % loss by retransmission', async () => {
		server = (await play(60)).server;
		network.loss = 0.05;
		const watched = await page.evaluate(watch, { milliseconds: SECONDS * 1000 });
		network.loss = 0;
		expect(watched.nacks).toBeGreaterThan(0);
		expect(watched.decoded).toBeGreaterThan(SECONDS * FRAME_RATE * 0.9);
	});

	it('gets a lost picture back from the cached group, long before the next key picture', async () => {
		server = (await play(600)).server;
		const watching = page.evaluate(watch, { milliseconds: SECONDS * 1000 });
		await expect.poll(() => server.sessions()[0]?.packets_sent, DEADLINE).toBeGreaterThan(300);
		network.mutedSsrc = Number(/a=ssrc-group:FID \d+ (\d+)/.exec(answer)?.[1]);
		network.loss = 1;
		await new Promise((resolve) => setTimeout(resolve, 500));
		network.loss = 0;
		const watched = await watching;
		expect(watched.plis).toBeGreaterThan(0);
		expect(watched.plis).toBeLessThan(10);
		expect(watched.keyFrames).toBeGreaterThan(1);
		expect(watched.decoded).toBeGreaterThan((SECONDS - 4) * FRAME_RATE);
	});
});
