import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { buildSenderReport } from '../../src/media/rtp/rtcp-writer.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import type { RtspRequest } from '../../src/rtsp/message.ts';
import { type Answer, asked, FAKE_SDP, FakeCamera, ok, status } from '../camera/fake-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const SSRC = 0x1234;
const PICTURE_ONLY = FAKE_SDP.slice(0, FAKE_SDP.indexOf('m=audio'));
const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function startCamera(on: Readonly<Record<string, Answer>>): Promise<FakeCamera> {
	const camera = await FakeCamera.start({ sdp: PICTURE_ONLY, on });
	closers.push(() => camera.close());
	return camera;
}

function pull(camera: FakeCamera, options: Parameters<typeof rtspSource>[1] = {}): Pull {
	const started = new Pull(rtspSource(camera.url, options));
	closers.push(() => started.stop());
	return started;
}

function picture(sequence: number): Uint8Array {
	const payload = Uint8Array.of(0x41, sequence);
	return buildRtp({ payloadType: 96, marker: true, sequence, timestamp: sequence * 3000, ssrc: SSRC, payload });
}

async function openUdp(address = '127.0.0.1'): Promise<Socket> {
	const socket = createSocket('udp4');
	await new Promise<void>((resolve) => socket.bind(0, address, resolve));
	closers.push(() => socket.close());
	return socket;
}

/** Grants UDP; `more` says where the media comes from. */
const grant =
	(more: string): Answer =>
	(request) => {
		const { clientPort = [0, 0] } = asked(request);
		return ok(request, { Session: '1', Transport: `RTP/AVP;unicast;client_port=${clientPort.join('-')}${more}` });
	};

function clientPort(camera: FakeCamera): number {
	return asked(camera.all('SETUP').at(-1) as RtspRequest).clientPort?.[0] ?? 0;
}

describe('transport auto', () => {
	it.each([400, 404, 461, 500, 503])('goes from TCP to UDP after %i, on another connection', async (code) => {
		const media = await openUdp();
		const camera = await startCamera({
			SETUP: (request, client) => (asked(request).lower === 'tcp' ? status(request, code) : grant('')(request, client)),
		});
		const source = rtspSource(camera.url);
		const first = new Pull(source);
		await camera.seen('PLAY');
		media.send(picture(1), clientPort(camera), '127.0.0.1');
		await first.sink.until(({ packets }) => packets.length === 1);
		const reason = `the camera refused TCP (${code})`;
		expect(first.sink.announcements[0]?.connection).toMatchObject({ transport: 'udp', reason });
		await first.stop();
		expect([camera.clients.length, camera.all('DESCRIBE').length]).toEqual([2, 2]);

		// What worked is tried first the next time, and the reason stays known.
		const second = new Pull(source);
		closers.push(() => second.stop());
		await camera.seen('PLAY', 2);
		media.send(picture(1), clientPort(camera), '127.0.0.1');
		await second.sink.until(({ packets }) => packets.length === 1);
		expect(second.sink.announcements[0]?.connection).toMatchObject({ transport: 'udp', reason });
		expect(camera.all('SETUP').map((request) => asked(request).lower)).toEqual(['tcp', 'udp', 'udp']);
	});

	it.each([401, 403, 505])('stays with TCP after %i', async (code) => {
		const camera = await startCamera({
			SETUP: (request) => status(request, code, { 'WWW-Authenticate': 'Basic realm="r"' }),
		});
		const error = await pull(camera, { username: 'u', password: 'p' }).outcome;
		expect(error).toMatchObject({ permanent: true });
		expect(camera.clients).toHaveLength(1);
		expect(camera.all('SETUP').every((request) => asked(request).lower === 'tcp')).toBe(true);
	});

	it('forgets what worked when it works no more', async () => {
		let only: 'tcp' | 'udp' = 'udp';
		const camera = await startCamera({
			SETUP(request, client) {
				if (asked(request).lower !== only) return status(request, 461);
				return only === 'tcp' ? client.setUp(request) : grant('')(request, client);
			},
			PLAY(request, client) {
				if (only === 'tcp') client.frame(0, picture(1));
				return ok(request);
			},
		});
		const media = await openUdp();
		const source = rtspSource(camera.url);
		const first = new Pull(source);
		await camera.seen('PLAY');
		media.send(picture(1), clientPort(camera), '127.0.0.1');
		await first.sink.until(({ packets }) => packets.length === 1);
		await first.stop();
		only = 'tcp';
		const second = new Pull(source);
		closers.push(() => second.stop());
		await second.sink.until(({ packets }) => packets.length === 1);
		const reason = 'the camera refused UDP (461)';
		expect(second.sink.announcements[0]?.connection).toMatchObject({ transport: 'tcp', reason });
	});

	it('says so when the camera refuses both', async () => {
		const camera = await startCamera({ SETUP: (request) => status(request, 461) });
		const error = await pull(camera).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(error?.message).toContain('refuses TCP and UDP');
		expect(camera.all('SETUP').map((request) => asked(request).lower)).toEqual(['tcp', 'udp']);
	});

	it('never asks for a tunnel or a group by itself', async () => {
		const camera = await startCamera({ SETUP: (request) => status(request, 461) });
		await pull(camera).outcome;
		expect(new Set(camera.methods)).toEqual(new Set(['OPTIONS', 'DESCRIBE', 'SETUP']));
		expect(camera.all('SETUP').some((request) => asked(request).multicast)).toBe(false);
	});
});

describe('UDP', () => {
	it('that the camera turns into TCP is named as the cause', async () => {
		const camera = await startCamera({
			SETUP: (request) => ok(request, { Session: '1', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }),
		});
		const error = await pull(camera, { transport: 'udp' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(error?.message).toContain('it chose TCP');
		expect(camera.methods.at(-1)).toBe('TEARDOWN');
	});

	it('does not wait for a lost packet longer than 80 ms', async () => {
		const clock = new VirtualClock();
		const media = await openUdp();
		const camera = await startCamera({ SETUP: grant('') });
		const { sink } = pull(camera, { transport: 'udp', clock });
		await sink.until(({ announcements }) => announcements.length === 1);
		media.send(picture(1), clientPort(camera), '127.0.0.1');
		await sink.until(({ packets }) => packets.length === 1);
		media.send(picture(3), clientPort(camera), '127.0.0.1');
		media.send(picture(4), clientPort(camera), '127.0.0.1');
		const onward = async () => {
			await clock.advance(20);
			return sink.sequences(0);
		};
		await expect.poll(onward, { interval: 5 }).toEqual([1, 3, 4]);
		for (const { arrival } of sink.packets.slice(1)) expect(clock.now() - arrival).toBeGreaterThanOrEqual(80);
	});

	it('S1: comes from the source the camera names, and is punched towards the camera alone', async () => {
		const media = await openUdp('127.0.0.4');
		const claimed = await openUdp('127.0.0.5');
		const home = await openUdp();
		const punches: string[] = [];
		media.on('message', () => punches.push('source'));
		claimed.on('message', () => punches.push('destination'));
		const punched = new Promise<void>((resolve) => home.once('message', () => resolve()));
		const { port } = home.address();
		const camera = await startCamera({
			SETUP: grant(`;server_port=${port}-${port};source=127.0.0.4;destination=127.0.0.5`),
		});
		const { sink } = pull(camera, { transport: 'udp' });
		await punched;
		await camera.seen('PLAY');
		media.send(picture(1), clientPort(camera), '127.0.0.1');
		await sink.until(({ packets }) => packets.length === 1);
		expect(punches).toEqual([]);
	});

	it.each(['server_port=53-54', 'server_port=0-0', 'server_port=70000-70001', ''])(
		'sends nothing to a port of the system or none: %s',
		async (ports) => {
			const camera = await startCamera({ SETUP: grant(`;${ports}`) });
			const media = await openUdp();
			const { sink } = pull(camera, { transport: 'udp' });
			await camera.seen('PLAY');
			media.send(picture(1), clientPort(camera), '127.0.0.1');
			await sink.until(({ packets }) => packets.length === 1);
		},
	);

	it('reports to where the camera reports from when it names no port', async () => {
		const clock = new VirtualClock();
		const media = await openUdp();
		const reports: number[] = [];
		media.on('message', (bytes) => reports.push(bytes.readUInt8(1)));
		const camera = await startCamera({ SETUP: grant('') });
		const { sink } = pull(camera, { transport: 'udp', clock });
		await sink.until(({ announcements }) => announcements.length === 1);
		const ntp = { seconds: 4_000_000_000, fraction: 0 };
		const report = buildSenderReport({ ssrc: SSRC, ntp, rtpTimestamp: 0, packets: 1, octets: 1, blocks: [] }, 'c');
		media.send(report, clientPort(camera) + 1, '127.0.0.1');
		await sink.until(({ reports: seen }) => seen.length === 1);
		await clock.advance(5000);
		await expect.poll(() => reports).toContain(201);
	});
});
