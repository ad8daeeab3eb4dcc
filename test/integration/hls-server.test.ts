import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DualcastError, SourceError } from '../../src/base/errors.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { TrustedProxies } from '../../src/base/trusted-proxies.ts';
import { createHlsServer, type HlsServer } from '../../src/hls/server.ts';
import type { HlsServerOptions } from '../../src/hls/server-options.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { AAC_TRACK, OPUS_TRACK, pictures } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { readPlaylist } from '../fakes/playlist-rules.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

let folder: string;
let clock: VirtualClock;
let directory: FakeDirectory;
let camera: FakeStream;
let hls: HlsServer;
let server: Server;

async function start(changes: Partial<HlsServerOptions> = {}): Promise<void> {
	hls = createHlsServer({
		directory,
		clock,
		logger: silentLogger,
		segmentDuration: 1,
		segmentCount: 3,
		cleanupThreshold: 20,
		outputDir: folder,
		enableCompression: false,
		startTimeout: 5000,
		answerError(_, response, error) {
			const code = error instanceof DualcastError ? error.code : 'internal';
			response.writeHead(code === 'stream_not_found' || code === 'not_found' ? 404 : 502);
			response.end(code);
		},
		...changes,
	});
	server = createServer((incoming, response) => {
		if (!hls.handle(incoming, response)) response.writeHead(418).end();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
	const { port } = server.address() as AddressInfo;
	return new Promise((resolve, reject) => {
		const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
			const parts: Buffer[] = [];
			response.on('data', (part: Buffer) => parts.push(part));
			response.on('end', () => {
				resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
			});
		});
		outgoing.on('error', reject);
		outgoing.end();
	});
}

function deliver(units: Iterable<AccessUnit>): void {
	for (const unit of units) camera.deliver(unit);
}

/** Asks for the playlist and delivers some segments once the output reads. */
async function play(from = 0, segments = 3): Promise<Answer> {
	const answer = ask('/hls/cam/index.m3u8');
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliver(pictures(from, from + segments + 0.04, { rate: 25, gop: 25 }));
	return answer;
}

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'hls-server-'));
	clock = new VirtualClock();
	directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK, OPUS_TRACK]);
});

afterEach(async () => {
	await hls.close();
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	await rm(folder, { recursive: true });
});

describe('HLS over HTTP', () => {
	it('starts with the first request, holds it, and serves playlist and segments', async () => {
		await start();
		const { status, headers, body } = await play();
		expect(status).toBe(200);
		expect(headers).toMatchObject({
			'content-type': 'application/vnd.apple.mpegurl',
			'cache-control': 'no-cache',
			'access-control-allow-origin': '*',
			'x-content-type-options': 'nosniff',
		});
		const { segments } = readPlaylist(body.toString());
		expect(segments.length).toBe(1);
		const segment = await ask(`/hls/cam/${segments[0]?.uri}`);
		expect(segment.status).toBe(200);
		expect(segment.headers).toMatchObject({
			'content-type': 'video/mp2t',
			'cache-control': 'max-age=31536000, immutable',
			'access-control-allow-origin': '*',
		});
		expect(segment.headers['accept-ranges']).toBeUndefined();
		expect(segment.headers['content-length']).toBe(String(segment.body.length));
		expect(segment.body.length % 188).toBe(0);
	});

	it('starts with the group of pictures a running stream has', async () => {
		await start();
		deliver(pictures(0, 1.96, { rate: 25, gop: 50 }));
		const answer = ask('/hls/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliver(pictures(2, 4.04, { rate: 25, gop: 50 }));
		const { segments } = readPlaylist((await answer).body.toString());
		expect(segments).toMatchObject([{ duration: 2 }]);
	});

	/** Of the playlists that players of a cold stream get first, by how long groups of pictures are. */
	const NEEDY: [string, Record<string, string>, Record<number, number>][] = [
		['whoever is not known', {}, { 1: 1, 4: 1, 10: 1 }],
		['players in pages', { 'user-agent': 'Mozilla/5.0 (X11)', 'accept-encoding': 'gzip, br' }, { 1: 2, 4: 1, 10: 1 }],
		['GStreamer', { 'user-agent': 'GStreamer souphttpsrc 1.22.0 libsoup/3.2.3' }, { 1: 2, 4: 2, 10: 2 }],
		[
			"Chromium's own player",
			{ 'user-agent': 'Mozilla/5.0 (X11)', 'accept-encoding': 'gzip, identity;q=1, *;q=0' },
			{ 1: 3, 4: 2, 10: 1 },
		],
	];

	it.each(NEEDY)('waits for as many segments as %s needs, up to a time', async (_, headers, needs) => {
		await start();
		for (const [seconds, segments] of Object.entries(needs).map(([key, value]) => [Number(key), value] as const)) {
			const id = `cam-${seconds}`;
			const cold = directory.add(id, [VIDEO_TRACK]);
			const answer = ask(`/hls/${id}/index.m3u8`, { headers });
			await vi.waitFor(() => expect(cold.readers.size).toBe(1));
			for (const unit of pictures(0, 3 * seconds + 0.04, { rate: 25, gop: 25 * seconds })) cold.deliver(unit);
			expect(readPlaylist((await answer).body.toString()).segments.length).toBe(segments);
		}
	});

	it('describes a cold stream as soon as it has a segment', async () => {
		await start();
		const answer = ask('/hls/cam/master.m3u8', { headers: { 'accept-encoding': 'gzip, identity;q=1, *;q=0' } });
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliver(pictures(0, 1.04, { rate: 25, gop: 25 }));
		expect((await answer).body.toString()).toContain('CODECS=');
	});

	it('shares one claim among everybody who comes first', async () => {
		await start();
		let open = () => {};
		camera.gate = new Promise((resolve) => {
			open = resolve;
		});
		const answers = Array.from({ length: 20 }, () => ask('/hls/cam/index.m3u8'));
		await vi.waitFor(() => expect(hls.viewers('cam')).toBe(1));
		open();
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliver(pictures(0, 3.04, { rate: 25, gop: 25 }));
		expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(200));
		expect([camera.claims, camera.leases]).toEqual([1, 1]);
	});

	it('answers HEAD like GET without the body', async () => {
		await start();
		await play();
		const get = await ask('/hls/cam/index.m3u8');
		const head = await ask('/hls/cam/index.m3u8', { method: 'HEAD' });
		expect([head.status, head.body.length]).toEqual([200, 0]);
		expect(head.headers['content-length']).toBe(get.headers['content-length']);
	});

	it('answers OPTIONS without starting anything', async () => {
		await start();
		const { status, headers } = await ask('/hls/cam/index.m3u8', { method: 'OPTIONS' });
		expect(status).toBe(204);
		expect(headers).toMatchObject({
			'access-control-allow-origin': '*',
			'access-control-allow-methods': 'GET, HEAD, OPTIONS',
		});
		expect(headers['access-control-allow-headers']).toMatch(/Authorization/);
		expect(camera.claims).toBe(0);
	});

	it('refuses other methods, with the ones it has', async () => {
		await start();
		const { body, headers } = await ask('/hls/cam/index.m3u8', { method: 'POST' });
		expect([body.toString(), headers.allow]).toEqual(['method_not_allowed', 'GET, HEAD, OPTIONS']);
	});

	it('knows no other streams and files, and starts nothing for them', async () => {
		await start();
		const paths = ['/hls/no/index.m3u8', '/hls/__proto__/index.m3u8', '/hls/constructor/index.m3u8'];
		paths.push('/hls/cam/seg-a-1.ts', '/hls/cam/x', '/hls/cam/%2e%2e/x', '/hls/');
		for (const path of paths) {
			const { status, headers } = await ask(path);
			expect(status).toBe(404);
			expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
		}
		expect(camera.claims).toBe(0);
		expect((await ask('/api')).status).toBe(418);
	});

	it('tells held requests why the camera does not come', async () => {
		await start();
		camera.failure = new SourceError('camera_unauthorized', 'the camera refused the password', { permanent: true });
		const { status, body, headers } = await ask('/hls/cam/index.m3u8');
		expect([status, body.toString()]).toEqual([502, 'camera_unauthorized']);
		expect(headers['access-control-allow-origin']).toBe('*');
		expect([camera.leases, hls.list().length]).toEqual([0, 0]);
		camera.failure = undefined;
		expect((await play()).status).toBe(200);
	});

	it('asks for the cause when the stream ends before the first segment', async () => {
		await start();
		const answer = ask('/hls/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		camera.failure = new SourceError('camera_refused', 'the camera hung up');
		camera.end();
		expect((await answer).body.toString()).toBe('camera_refused');
		expect(camera.leases).toBe(0);
	});

	it('gives up on a camera that sends no key picture', async () => {
		await start();
		const answer = ask('/hls/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		await clock.advance(20_000);
		expect((await answer).body.toString()).toBe('camera_timeout');
		expect(camera.leases).toBe(0);
	});

	it('says so when nothing of the camera fits', async () => {
		await start();
		camera.tracks = [OPUS_TRACK];
		expect((await ask('/hls/cam/index.m3u8')).body.toString()).toBe('codec_unsupported');
		expect([camera.leases, camera.readers.size]).toEqual([0, 0]);
		expect(hls.skipped('cam')).toMatchObject([{ codec: 'opus' }]);
	});

	it.each([
		[0, /^index\.m3u8 can carry nothing that the camera sends; opus: (?!.*ll\.m3u8)/],
		[0.2, /^index\.m3u8 can carry nothing that the camera sends; opus: .*; ll\.m3u8 carries it/],
	])('names the playlist that carries it, with parts of %d s', async (partDuration, sentence) => {
		let message = '';
		const answerError = (_: HttpRequest, response: HttpResponse, error: Error) => {
			message = error.message;
			response.end();
		};
		await start({ partDuration, answerError });
		camera.tracks = [OPUS_TRACK];
		await ask('/hls/cam/index.m3u8');
		expect(message).toMatch(sentence);
		expect(hls.playlistFor('h264')).toBe('index.m3u8');
		expect(hls.playlistFor('h265')).toBe(partDuration > 0 ? 'll.m3u8' : undefined);
	});

	it('stops when nobody asks any more, and goes on later without going back', async () => {
		await start();
		const before = readPlaylist((await play()).body.toString());
		await clock.advance(9_000);
		expect((await ask('/hls/cam/index.m3u8')).status).toBe(200);
		await clock.advance(9_000);
		expect(camera.leases).toBe(1);
		await clock.advance(3_000);
		expect([camera.leases, camera.readers.size, hls.list().length, hls.viewers('cam')]).toEqual([0, 0, 0, 0]);
		const uri = before.segments[0]?.uri ?? '';
		expect((await ask(`/hls/cam/${uri}`)).status).toBe(404);
		const after = readPlaylist((await play(22)).body.toString());
		expect(after.mediaSequence).toBeGreaterThan(before.mediaSequence);
		expect(after.discontinuitySequence).toBeGreaterThan(before.discontinuitySequence);
		expect(after.segments[0]?.uri).not.toBe(uri);
	});

	it('keeps playing over a restart of the camera', async () => {
		await start();
		await play();
		deliver(pictures(5, 7.04, { rate: 25, gop: 25, epoch: 1 }));
		const { segments } = readPlaylist((await ask('/hls/cam/index.m3u8')).body.toString());
		expect(segments.map(({ discontinuity }) => discontinuity)).toContain(true);
		expect(camera.claims).toBe(1);
	});

	it('says that a camera is away for long, but keeps the output for its return', async () => {
		await start();
		await play();
		for (let second = 0; second < 60; second += 5) {
			expect((await ask('/hls/cam/index.m3u8')).status).toBe(200);
			await clock.advance(5_000);
		}
		await clock.advance(1_000);
		expect((await ask('/hls/cam/index.m3u8')).body.toString()).toBe('camera_stalled');
		deliver(pictures(65, 66.04, { rate: 25, gop: 25, epoch: 1 }));
		expect((await ask('/hls/cam/index.m3u8')).status).toBe(200);
		expect(camera.claims).toBe(1);
	});

	it('compresses playlists for those who can take it, if asked to', async () => {
		await start({ enableCompression: true });
		const plain = await play();
		expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' });
		for (const [accepted, coding] of [
			['deflate, gzip;q=0.8', 'gzip'],
			['gzip, deflate, br', 'br'],
			['br;q=0, gzip', 'gzip'],
			['gzip;q=0, identity', undefined],
			['gzip;q=0.0', undefined],
			['', undefined],
		] as const) {
			const { headers } = await ask('/hls/cam/index.m3u8', { headers: { 'accept-encoding': accepted } });
			expect([accepted, headers['content-encoding'], headers.vary]).toEqual([accepted, coding, 'Accept-Encoding']);
		}
		const [segment] = readPlaylist(plain.body.toString()).segments;
		const media = await ask(`/hls/cam/${segment?.uri}`, { headers: { 'accept-encoding': 'gzip' } });
		expect(media.headers['content-encoding']).toBeUndefined();
	});

	it('does not send again what the client has', async () => {
		await start();
		await play();
		const etag = String((await ask('/hls/cam/index.m3u8')).headers.etag);
		const same = await ask('/hls/cam/index.m3u8', { headers: { 'if-none-match': etag } });
		expect([same.status, same.body.length, same.headers.etag]).toEqual([304, 0, etag]);
		// A proxy that packs makes tags weak; they are compared all the same (RFC 9110 section 13.1.2).
		for (const [tags, status] of [
			[`W/${etag}`, 304],
			[`"other", W/"one" ,${etag}`, 304],
			['*', 304],
			['"other"', 200],
			[etag.slice(1, -1), 200],
		] as const) {
			const { status: answered } = await ask('/hls/cam/index.m3u8', { headers: { 'if-none-match': tags } });
			expect([tags, answered]).toEqual([tags, status]);
		}
		deliver(pictures(4, 5.04, { rate: 25, gop: 25 }));
		const next = await ask('/hls/cam/index.m3u8', { headers: { 'if-none-match': etag } });
		expect(next.status).toBe(200);
	});

	it('gives ranges of segments', async () => {
		await start();
		const [segment] = readPlaylist((await play()).body.toString()).segments;
		const path = `/hls/cam/${segment?.uri}`;
		const whole = (await ask(path)).body;
		for (const [range, from, to] of [
			['bytes=0-99', 0, 99],
			['bytes=188-', 188, whole.length - 1],
			['bytes=-10', whole.length - 10, whole.length - 1],
			['bytes=0-99999999', 0, whole.length - 1],
		] as const) {
			const { status, headers, body } = await ask(path, { headers: { range } });
			expect([range, status, headers['content-range']]).toEqual([range, 206, `bytes ${from}-${to}/${whole.length}`]);
			expect(body.equals(whole.subarray(from, to + 1))).toBe(true);
		}
		const all = `bytes=-${whole.length + 1}`;
		expect((await ask(path, { headers: { range: all } })).headers['content-range']).toBe(
			`bytes 0-${whole.length - 1}/${whole.length}`,
		);
		// The last 0 bytes are none (RFC 9110 section 14.1.2).
		for (const range of [`bytes=${whole.length}-`, 'bytes=-0']) {
			const { status, headers, body } = await ask(path, { headers: { range } });
			expect([range, status, headers['content-range']]).toEqual([range, 416, `bytes */${whole.length}`]);
			expect([body.length, headers['content-length'], headers['cache-control']]).toEqual([0, '0', 'no-store']);
		}
		for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=9-2', 'bytes=-']) {
			expect([range, (await ask(path, { headers: { range } })).status]).toEqual([range, 200]);
		}
	});

	it('knows ranges of GET alone: HEAD is answered for the whole (RFC 9110 section 14.2)', async () => {
		await start();
		const [segment] = readPlaylist((await play()).body.toString()).segments;
		const path = `/hls/cam/${segment?.uri}`;
		const { length } = (await ask(path)).body;
		for (const range of ['bytes=0-99', `bytes=${length}-`]) {
			const { status, headers, body } = await ask(path, { method: 'HEAD', headers: { range } });
			expect([range, status, headers['content-length'], body.length]).toEqual([range, 200, `${length}`, 0]);
			expect(headers['content-range']).toBeUndefined();
		}
	});

	it('counts', async () => {
		await start();
		camera.tracks = [VIDEO_TRACK, OPUS_TRACK, { ...AAC_TRACK, id: 2 }];
		await play();
		const stats = hls.get('cam');
		expect(stats).toMatchObject({
			stream_id: 'cam',
			packets_received: 76,
			segments_created: 3,
			errors: 0,
			state: 'live',
			segments_in_playlist: 3,
			target_duration: 1,
			codecs: ['avc1.42c00a', 'mp4a.40.2'],
			skipped_tracks: [{ codec: 'opus' }],
		});
		expect(stats?.bytes_written).toBeGreaterThan(76 * 188);
		expect(stats?.current_bitrate).toBe(Math.round(((stats?.bytes_written ?? 0) * 8) / 3));
		expect(hls.list()).toEqual([stats]);
		expect(hls.get('no')).toBeUndefined();
		await ask('/hls/cam/index.m3u8', { headers: { 'user-agent': 'another' } });
		expect(hls.viewers('cam')).toBe(2);
	});

	it('tells viewers apart behind a proxy that is trusted', async () => {
		const proxies = new TrustedProxies(['127.0.0.1']);
		await start({ clientOf: (asking) => proxies.clientOfRequest(asking) });
		await play();
		for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.2'])
			await ask('/hls/cam/index.m3u8', { headers: { 'x-forwarded-for': address } });
		expect(hls.viewers('cam')).toBe(3);
	});

	it('forgets a client that left while it was held', async () => {
		await start();
		const { port } = server.address() as AddressInfo;
		const outgoing = request({ host: '127.0.0.1', port, path: '/hls/cam/index.m3u8', agent: false });
		outgoing.on('error', () => {});
		outgoing.end();
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		outgoing.destroy();
		expect((await play()).status).toBe(200);
	});

	it('answers held requests when it closes, and starts nothing after', async () => {
		await start();
		const answer = ask('/hls/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		await hls.close();
		expect((await answer).body.toString()).toBe('stream_closed');
		expect((await ask('/hls/cam/index.m3u8')).body.toString()).toBe('stream_closed');
		expect([camera.leases, camera.claims]).toEqual([0, 1]);
	});
});
