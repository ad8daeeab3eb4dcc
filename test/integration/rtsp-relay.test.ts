import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFailed } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { DualcastError, SourceError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Scope } from '../../src/base/scope.ts';
import { parseRtp, sequenceDistance } from '../../src/media/rtp/rtp.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { Authorizer } from '../../src/rtsp/auth.ts';
import { chooseChallenge } from '../../src/rtsp/challenge.ts';
import { RtspSplitter } from '../../src/rtsp/framing.ts';
import type { RtspServer } from '../../src/rtsp/server/server.ts';
import { type StreamServerOptions, startStreamServer } from '../../src/rtsp/server/stream-server.ts';
import type { StreamDirectory } from '../../src/stream/reader.ts';
import { StreamRegistry } from '../../src/stream/registry.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';
import { picture } from '../fakes/access-units.ts';
import { FakeDirectory } from '../fakes/fake-directory.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';

const DEADLINE = { timeout: 15_000 };
let scope = new Scope();
afterEach(async () => {
	await scope.close();
	scope = new Scope();
});

async function serve(directory: StreamDirectory, options: Partial<StreamServerOptions> = {}): Promise<RtspServer> {
	const server = await startStreamServer({
		directory,
		host: '127.0.0.1',
		port: 0,
		udpPort: 0,
		mtu: 1500,
		maxConnections: 64,
		credentials: undefined,
		clock: systemClock,
		logger: silentLogger,
		randomBytes,
		...options,
	});
	scope.defer(() => server.close());
	return server;
}

/** A registry with one stream, `yard/gate`, that is closed as soon as nobody reads it. */
function registryOf(url: string): StreamRegistry {
	const registry = new StreamRegistry();
	registry.add({
		id: 'yard/gate',
		source: rtspSource(url),
		onDemand: true,
		startTimeout: 10_000,
		closeAfter: 0,
		stallTimeout: 5000,
		backoff: { first: 100, cap: 500 },
		retryPause: { transient: 0, permanent: 0 },
		clock: systemClock,
		logger: silentLogger,
		random: () => 0,
	});
	scope.defer(() => registry.close());
	return registry;
}

async function camera(options: Parameters<typeof GstCamera.start>[0] = {}): Promise<GstCamera> {
	const started = await GstCamera.start({ shared: true, width: 320, height: 240, bitrate: 300, gop: 15, ...options });
	scope.defer(() => started.stop('SIGKILL'));
	// Whether it was the camera that did not answer.
	onTestFailed(() => void process.stderr.write(`the camera saw ${JSON.stringify(started.events)}\n`));
	return started;
}

function read(server: RtspServer, transport: 'tcp' | 'udp' = 'tcp'): Pull {
	const pull = new Pull(rtspSource(`rtsp://127.0.0.1:${server.port}/yard/gate`, { transport }));
	scope.defer(async () => void (await pull.stop()));
	return pull;
}

/** The pictures of the registry's stream, from the cached ones on: their bytes and when they were taken. */
async function pictures(registry: StreamRegistry): Promise<{ bytes: string; wall: number }[]> {
	const { stream, release } = await registry.claim('yard/gate');
	scope.defer(release);
	const seen: { bytes: string; wall: number }[] = [];
	const onUnit = (unit: AccessUnit) => {
		if (unit.kind === 'video') seen.push({ bytes: Buffer.concat(unit.nalus).toString('hex'), wall: unit.wall });
	};
	scope.defer(stream.attach({ name: 'test', onTracks() {}, onUnit, onEnd() {} }, { replay: true }));
	return seen;
}

/** A client that sends text, and takes frames as long as it reads. */
class RawClient {
	readonly socket: Socket;
	readonly answers: { status: number; reason: string; session: string | undefined }[] = [];
	readonly keys: boolean[] = [];
	readonly sequences: number[] = [];

	constructor(port: number) {
		this.socket = connect(port, '127.0.0.1');
		const splitter = new RtspSplitter({
			onMessage: (message) => {
				if (message.kind !== 'response') return;
				const session = message.headers.get('Session')?.split(';')[0];
				this.answers.push({ status: message.status, reason: message.reason, session });
			},
			onFrame: (channel, payload) => {
				const packet = channel === 0 ? parseRtp(payload) : undefined;
				if (!packet) return;
				this.sequences.push(packet.sequence);
				// A key frame starts with a packet that holds its SPS.
				this.keys.push(((packet.payload[0] ?? 0) & 0x1f) === 24);
			},
		});
		this.socket.on('data', (chunk: Uint8Array) => splitter.push(chunk));
		this.socket.on('error', () => {});
		scope.defer(() => void this.socket.destroy());
	}

	async ask(method: string, url: string, ...headers: string[]) {
		const asked = this.answers.length;
		this.socket.write([`${method} ${url} RTSP/1.0`, `CSeq: ${asked + 1}`, ...headers, '', ''].join('\r\n'));
		await expect.poll(() => this.answers.length, DEADLINE).toBe(asked + 1);
		return this.answers[asked];
	}

	async play(url: string): Promise<void> {
		await this.ask('SETUP', `${url}/trackID=0`, 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1');
		expect((await this.ask('PLAY', url))?.status).toBe(200);
	}
}

/** 100 kB of picture. */
function bigPicture(seconds: number, key: boolean) {
	const slice = new Uint8Array(100_000).fill(key ? 0x65 : 0x41);
	const { sps, pps } = VIDEO_TRACK.parameterSets ?? { sps: slice, pps: slice };
	const nalus = key ? [sps, pps, slice] : [slice];
	return picture(seconds, key, { nalus, size: 100_020 });
}

describe('streams by RTSP', () => {
	it('pulls the camera once for twenty readers and lets it go after the last', async () => {
		const source = await camera({ audio: 'opus' });
		const server = await serve(registryOf(source.url));
		const readers = Array.from({ length: 20 }, (_, index) => read(server, index % 2 ? 'udp' : 'tcp'));
		await Promise.all(readers.map((reader) => reader.flowing(10)));
		expect(source.count('PLAY')).toBe(1);
		expect(server.readers('yard/gate').length).toBe(20);
		expect(source.count('TEARDOWN')).toBe(0);
		await Promise.all(readers.map((reader) => reader.stop()));
		await source.seen('TEARDOWN');
		expect(source.count('PLAY')).toBe(1);
		expect(server.readers('yard/gate')).toEqual([]);
	});

	it.each([
		['tcp', 'high-bframes', 'aac', { codec: 'aac', channels: 2, clockRate: 48_000 }],
		['udp', 'h265', 'g722', { codec: 'g722', channels: 1, clockRate: 8000 }],
		['udp', 'baseline', 'alaw', { codec: 'pcma', channels: 1, clockRate: 8000 }],
	] as const)('feeds another gateway, which feeds its own readers, over %s: %s and %s', async (...row) => {
		const [transport, video, audio, sound] = row;
		const source = await camera({ video, audio });
		const main = await serve(registryOf(source.url));
		const sub = await serve(registryOf(`rtsp://127.0.0.1:${main.port}/yard/gate`));
		const reader = read(sub, transport);
		await reader.flowing(30);
		expect(reader.sink.announcements[0]?.tracks).toMatchObject([
			{ codec: video === 'h265' ? 'h265' : 'h264', facts: { width: 320, height: 240 } },
			sound,
		]);
		const { reports } = reader.sink;
		expect(new Set(reports.map(({ trackId }) => trackId))).toEqual(new Set([0, 1]));
	});

	it('tells another gateway when the pictures were taken that it kept', async () => {
		const source = await camera({ gop: 300 });
		const streams = registryOf(source.url);
		const first = await pictures(streams);
		await expect.poll(() => first.length, DEADLINE).toBeGreaterThan(60);
		const main = await serve(streams);
		const second = await pictures(registryOf(`rtsp://127.0.0.1:${main.port}/yard/gate`));
		await expect.poll(() => second.length, DEADLINE).toBeGreaterThan(60);
		for (const { bytes, wall } of second.slice(0, 60)) {
			expect(Math.abs(wall - (first.find((each) => each.bytes === bytes)?.wall ?? 0))).toBeLessThan(1000);
		}
	});

	it('goes on in the same session, source and numbering when the camera comes back', async () => {
		const first = await camera();
		const server = await serve(registryOf(first.url));
		const reader = read(server);
		await reader.flowing(20);
		await first.stop('SIGKILL');
		const before = reader.sink.packets.length;
		await camera({ port: first.port });
		await reader.sink.until(({ packets }) => packets.length > before + 50);
		const packets = reader.sink.packets.map(({ packet }) => packet);
		for (const [index, packet] of packets.entries()) {
			const previous = packets[index - 1];
			if (!previous) continue;
			expect(sequenceDistance(previous.sequence, packet.sequence)).toBe(1);
			expect(packet.ssrc).toBe(previous.ssrc);
		}
		expect(reader.sink.announcements.length).toBe(1);
	});

	it('leaves a stalled reader behind, alone, and takes it up again at a key frame', async () => {
		const directory = new FakeDirectory();
		const stream = directory.add('yard/gate', [VIDEO_TRACK]);
		const server = await serve(directory);
		const url = `rtsp://127.0.0.1:${server.port}/yard/gate`;
		const [slow, good] = [new RawClient(server.port), new RawClient(server.port)];
		await slow.play(url);
		await good.play(url);
		let frame = 0;
		const dropped = () => server.readers('yard/gate').reduce((sum, reader) => sum + reader.frames_dropped, 0);
		const deliver = async (until: () => boolean) => {
			for (let count = 0; count < 400 && !until(); count++) {
				stream.deliver(bigPicture(frame / 25, frame % 10 === 0));
				frame++;
				const all = frame * 69;
				await expect.poll(() => good.sequences.length, { ...DEADLINE, interval: 2 }).toBeGreaterThanOrEqual(all);
			}
			expect(until()).toBe(true);
		};
		await deliver(() => slow.sequences.length > 100);
		slow.socket.pause();
		await deliver(() => dropped() > 20);
		slow.socket.resume();
		const gaps = () => {
			const { sequences } = slow;
			return sequences.flatMap((sequence, index) => {
				const previous = sequences[index - 1];
				return previous === undefined || sequenceDistance(previous, sequence) === 1 ? [] : [index];
			});
		};
		await deliver(() => gaps().length > 0 && slow.sequences.length > (gaps().at(-1) ?? 0) + 1400);
		// Wherever frames are missing, a key frame comes next.
		for (const gap of gaps()) expect(slow.keys[gap]).toBe(true);
		for (const [index, sequence] of good.sequences.entries()) {
			if (index > 0) expect(sequenceDistance(good.sequences[index - 1] ?? 0, sequence)).toBe(1);
		}
		expect(stream.readers.size).toBe(1);
	});

	it('refuses a wrong password alike for every path', async () => {
		const directory = new FakeDirectory();
		const stream = directory.add('yard/gate', [VIDEO_TRACK]);
		const server = await serve(directory, { credentials: { username: 'viewer', password: 'CANARY' } });
		const base = `rtsp://127.0.0.1:${server.port}`;
		const client = new RawClient(server.port);
		let received = '';
		client.socket.on('data', (chunk: Uint8Array) => {
			received += Buffer.from(chunk).toString('latin1');
		});
		expect((await client.ask('OPTIONS', `${base}/yard/gate`))?.status).toBe(200);
		for (const path of ['yard/gate', 'nothing', '']) {
			expect((await client.ask('DESCRIBE', `${base}/${path}`))?.status).toBe(401);
		}
		expect((await client.ask('SETUP', `${base}/yard/gate/trackID=0`, 'Transport: RTP/AVP/TCP'))?.status).toBe(401);
		expect(received).not.toMatch(/sdp|sprop|trackID|CANARY/);
		expect(stream.claims).toBe(0);

		const wrong = new Pull(rtspSource(`${base}/yard/gate`, { username: 'viewer', password: 'wrong' }));
		expect((await wrong.outcome)?.code).toBe('camera_unauthorized');
		const right = new Pull(rtspSource(`${base}/yard/gate`, { username: 'viewer', password: 'CANARY' }));
		scope.defer(async () => void (await right.stop()));
		await right.sink.until(({ announcements }) => announcements.length === 1);
	});

	it('wants the password for each track and PLAY, and not for what keeps the session alive or ends it', async () => {
		const directory = new FakeDirectory();
		directory.add('yard/gate', [VIDEO_TRACK]);
		const credentials = { username: 'viewer', password: 'right' };
		const server = await serve(directory, { credentials });
		const url = `rtsp://127.0.0.1:${server.port}/yard/gate`;
		const client = new RawClient(server.port);
		let challenge = '';
		client.socket.on('data', (chunk: Uint8Array) => {
			challenge += Buffer.from(chunk).toString('latin1');
		});
		expect((await client.ask('GET_PARAMETER', url))?.status).toBe(401);
		const authorizer = new Authorizer(credentials, () => 0.5);
		const offered = [...challenge.matchAll(/WWW-Authenticate: (.*)/g)].map(([, value]) => value ?? '');
		const chosen = chooseChallenge(offered);
		if (chosen) authorizer.take(chosen);
		const signed = (method: string, uri: string) => `Authorization: ${authorizer.authorize(method, uri)}`;
		const transport = 'Transport: RTP/AVP/TCP;unicast';
		const track = `${url}/trackID=0`;
		expect((await client.ask('SETUP', track, transport))?.status).toBe(401);
		expect((await client.ask('SETUP', track, transport, signed('SETUP', track)))?.status).toBe(200);
		expect((await client.ask('PLAY', url))?.status).toBe(401);
		expect((await client.ask('PLAY', url, signed('PLAY', url)))?.status).toBe(200);
		expect((await client.ask('GET_PARAMETER', url))?.status).toBe(200);
		expect((await client.ask('DESCRIBE', url))?.status).toBe(401);
		expect((await client.ask('TEARDOWN', url))?.status).toBe(200);
	});

	it('closes a client that is refused again and again', async () => {
		const server = await serve(new FakeDirectory(), { credentials: { username: 'a', password: 'b' } });
		const client = new RawClient(server.port);
		const closed = once(client.socket, 'close');
		for (let times = 0; times < 5; times++) client.socket.write('DESCRIBE rtsp://h/x RTSP/1.0\r\nCSeq: 1\r\n\r\n');
		await closed;
		expect(client.answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
	});

	it('says why there is nothing to play', async () => {
		const directory = new FakeDirectory();
		const stream = directory.add('yard/gate', [VIDEO_TRACK]);
		const server = await serve(directory);
		const base = `rtsp://127.0.0.1:${server.port}`;
		const client = new RawClient(server.port);
		expect(await client.ask('DESCRIBE', `${base}/nothing`)).toMatchObject({ status: 404 });
		stream.failure = new SourceError('camera_timeout', 'the camera did not start within 5 s');
		expect(await client.ask('DESCRIBE', `${base}/yard/gate`)).toMatchObject({
			status: 504,
			reason: 'the camera did not start within 5 s',
		});
		stream.failure = new DualcastError('stream_closed', 'the stream was closed');
		expect(await client.ask('DESCRIBE', `${base}/yard/gate`)).toMatchObject({ status: 503 });
		stream.failure = undefined;
		expect(await client.ask('DESCRIBE', `${base}/yard/gate`)).toMatchObject({ status: 200 });
		expect(stream.leases).toBe(1);
		client.socket.destroy();
		await expect.poll(() => stream.leases, DEADLINE).toBe(0);
	});

	it('lets go of the camera with TEARDOWN although the client stays connected', async () => {
		const directory = new FakeDirectory();
		const stream = directory.add('yard/gate', [VIDEO_TRACK]);
		const server = await serve(directory);
		const url = `rtsp://127.0.0.1:${server.port}/yard/gate`;
		const client = new RawClient(server.port);
		await client.play(url);
		expect([stream.leases, stream.readers.size]).toEqual([1, 1]);
		expect((await client.ask('PAUSE', url))?.status).toBe(200);
		expect([stream.leases, stream.readers.size]).toEqual([1, 0]);
		expect((await client.ask('PLAY', url))?.status).toBe(200);
		expect(stream.readers.size).toBe(1);
		expect((await client.ask('TEARDOWN', url))?.status).toBe(200);
		expect([stream.leases, stream.readers.size]).toEqual([0, 0]);
		expect((await client.ask('DESCRIBE', url))?.status).toBe(200);
		expect(stream.leases).toBe(1);
	});

	it('sends over TCP only when UDP is off', async () => {
		const directory = new FakeDirectory();
		directory.add('yard/gate', [VIDEO_TRACK]);
		const server = await serve(directory, { udpPort: 'off' });
		const url = `rtsp://127.0.0.1:${server.port}/yard/gate/trackID=0`;
		const client = new RawClient(server.port);
		expect((await client.ask('SETUP', url, 'Transport: RTP/AVP;unicast;client_port=5000-5001'))?.status).toBe(461);
		expect((await client.ask('SETUP', url, 'Transport: RTP/AVP/TCP;unicast'))?.status).toBe(200);
	});
});
