import { randomBytes } from 'node:crypto';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Scope } from '../../src/base/scope.ts';
import { createWebRtcServer, type WebRtcServer } from '../../src/webrtc/webrtc-server.ts';
import { ClipCamera, makeClip } from '../fakes/clip-camera.ts';
import { FakeDirectory } from '../fakes/fake-directory.ts';
import { PCMA } from '../fakes/sample-tracks.ts';
import { secureTransports } from '../fakes/secure-transports.ts';
import { ThinLink } from '../fakes/thin-link.ts';

const DEADLINE = { timeout: 60_000, interval: 200 };
const FRAME_RATE = 30;

/** Begins to watch in the page; `frames(name)` tells how many pictures were decoded since. */
const PAGE = `
globalThis.connections = {};
globalThis.begin = async (name, relayPort) => {
	const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
	connections[name] = connection;
	connection.addTransceiver('video', { direction: 'recvonly' });
	const video = document.createElement('video');
	video.muted = true;
	video.autoplay = true;
	document.body.append(video);
	connection.ontrack = ({ streams }) => { video.srcObject = streams[0]; };
	await connection.setLocalDescription();
	const { sessionId, answer } = await whep(connection.localDescription.sdp);
	const candidate = 'a=candidate:1 1 udp 2130706431 127.0.0.1 ' + relayPort + ' typ host\\r\\n';
	const sdp = relayPort === undefined ? answer
		: answer.replace(/^a=candidate:.*\\r\\n/gm, '').replace('a=end-of-candidates', candidate + 'a=end-of-candidates');
	await connection.setRemoteDescription({ type: 'answer', sdp });
	return sessionId;
};
globalThis.seen = async (name) => {
	const reports = [...(await connections[name].getStats()).values()];
	const { framesDecoded = 0, pliCount = 0, freezeCount = 0 } = reports.find(({ type }) => type === 'inbound-rtp') ?? {};
	return { frames: framesDecoded, plis: pliCount, freezes: freezeCount, at: performance.now() };
};`;

type Seen = { frames: number; plis: number; freezes: number; at: number };

describe.each(secureTransports)('a viewer whose link does not carry the stream, the $name transport', ({ create }) => {
	const scope = new Scope();
	let browser: Browser;
	let page: Page;
	let server: WebRtcServer;
	let link: ThinLink;

	beforeAll(async () => {
		const transport = await create({
			udpPort: 0,
			additionalHosts: [],
			clock: systemClock,
			logger: silentLogger,
			maxPeers: 10,
		});
		scope.defer(() => transport.close());
		const clip = await makeClip({ seconds: 2, bitrate: 2_000_000, group: 30, profile: 'high' });
		const directory = new FakeDirectory();
		const camera = new ClipCamera(clip, directory.add('camera', [clip.track, PCMA]));
		scope.defer(() => camera.stop());
		server = createWebRtcServer({
			directory,
			transport,
			clock: systemClock,
			logger: silentLogger,
			randomBytes,
			maxSessions: 10,
		});
		scope.defer(() => server.close());
		link = await ThinLink.start(transport.port);
		scope.defer(async () => link.close());
		browser = await chromium.launch({
			executablePath: '/usr/bin/chromium',
			args: ['--headless', '--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
		});
		scope.defer(() => browser.close());
		page = await browser.newPage();
		await page.exposeFunction('whep', (offer: string) => server.create('camera', offer, new AbortController().signal));
		await page.evaluate(PAGE);
	});

	afterAll(() => scope.close());

	const begin = (name: string, port?: number) => page.evaluate<string>(`begin(${JSON.stringify(name)}, ${port})`);
	const seen = (name: string) => page.evaluate<Seen>(`seen(${JSON.stringify(name)})`);

	it('gets key frames only, then all again, and the others do not notice', { timeout: 180_000 }, async () => {
		await begin('other');
		const slow = await begin('slow', link.port);
		await expect.poll(async () => (await seen('slow')).frames, DEADLINE).toBeGreaterThan(60);
		await expect.poll(async () => (await seen('other')).frames, DEADLINE).toBeGreaterThan(60);
		const before = await seen('other');

		link.bitrate = 900_000;
		const reduced = () => server.session(slow)?.key_frames_only;
		await expect.poll(reduced, DEADLINE).toBe(true);
		const cut = await seen('slow');

		// Wide again: with its next chance the viewer keeps every frame.
		link.bitrate = Number.POSITIVE_INFINITY;
		await expect.poll(reduced, DEADLINE).toBe(false);
		const back = await seen('slow');
		await expect.poll(async () => (await seen('slow')).frames, DEADLINE).toBeGreaterThan(back.frames + 5 * FRAME_RATE);
		expect(server.session(slow)).toMatchObject({ key_frames_only: false });
		expect(server.session(slow)?.key_frames_only_ms).toBeGreaterThan(4_000);
		// While it was cut: about one a second.
		expect((back.frames - cut.frames) / ((back.at - cut.at) / 1000)).toBeLessThan(FRAME_RATE / 3);

		const after = await seen('other');
		expect(after.plis - before.plis).toBe(0);
		expect((after.frames - before.frames) / ((after.at - before.at) / 1000)).toBeGreaterThan(FRAME_RATE * 0.75);
		process.stdout.write(
			`slow link: ${link.dropped} datagrams dropped, ${server.session(slow)?.key_frames_only_ms} ms of key frames only; ` +
				`the other viewer: ${after.frames - before.frames} frames, ${after.freezes - before.freezes} freezes\n`,
		);
	});
});
