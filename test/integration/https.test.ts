import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { request as requestOverTls } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { overHttp2 } from '../../src/api/over-http2.ts';
import { answerError } from '../../src/api/problem.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createHlsServer, type HlsServer } from '../../src/hls/server.ts';
import { type CertificateFiles, readCertificate } from '../../src/http/certificate.ts';
import { MAX_HEADER_BYTES, MAX_STREAMS } from '../../src/http/limits.ts';
import { listenHttps, type SecureWebServer } from '../../src/http/web-server.ts';
import { pictures } from '../fakes/access-units.ts';
import { makeCertificate } from '../fakes/certificates.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { readLowLatency } from '../fakes/low-latency-rules.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const run = promisify(execFile);

let folder: string;
let files: CertificateFiles;
let clock: VirtualClock;
let camera: FakeStream;
let hls: HlsServer;
let server: SecureWebServer;
let session: ClientHttp2Session;

type Answer = { status: number; headers: Record<string, unknown>; body: Buffer };

function ask(path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
	return answerOf(session.request({ ':path': path, ...headers }, { endStream: body === undefined }), body);
}

function answerOf(stream: ClientHttp2Stream, body?: string): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const parts: Buffer[] = [];
		let headers: Record<string, unknown> = {};
		stream.on('response', (received) => {
			headers = received;
		});
		stream.on('data', (part: Buffer) => parts.push(part));
		stream.on('end', () => resolve({ status: Number(headers[':status']), headers, body: Buffer.concat(parts) }));
		stream.on('error', reject);
		if (body !== undefined) stream.end(body);
	});
}

/** Delivers pictures, 25 a second, one key picture each second. */
function deliver(from: number, to: number): void {
	for (const unit of pictures(from, to, { rate: 25, gop: 25 })) camera.deliver(unit);
}

async function play(): Promise<ReturnType<typeof readLowLatency>> {
	const first = ask('/hls/cam/ll.m3u8');
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliver(0, 1.3);
	expect((await first).status).toBe(200);
	return readLowLatency((await ask('/hls/cam/ll.m3u8')).body.toString());
}

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'https-'));
	files = await makeCertificate(folder, 'one');
	clock = new VirtualClock();
	const directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK]);
	hls = createHlsServer({
		...{ directory, clock, logger: silentLogger, answerError },
		...{ segmentDuration: 1, segmentCount: 3, partDuration: 0.2, cleanupThreshold: 20, startTimeout: 5000 },
		...{ outputDir: join(folder, 'hls'), enableCompression: true },
	});
	const app = express();
	app.use(express.json());
	app.get('/echo', (request, response) => {
		response.json({ protocol: request.protocol, host: request.host, hostname: request.hostname, ip: request.ip });
	});
	app.post('/echo', (request, response) => {
		response.setHeader('X-One', '1').setHeader('X-Other', '2');
		response.status(201).location('/echo/1').json(request.body);
	});
	app.get('/file', (_, response) => response.sendFile(files.cert));
	server = await listenHttps({ host: '127.0.0.1', port: 0 }, await readCertificate(files));
	const api = overHttp2(app);
	server.serve({
		handle: (request, response) => {
			if (!hls.handle(request, response)) api(request, response);
		},
	});
	session = connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
	session.on('error', () => {});
});

afterEach(async () => {
	session.destroy();
	await hls.close();
	await server.close();
	await rm(folder, { recursive: true });
});

describe('HLS over HTTP/2', () => {
	it('has playlist, parts and segments with the headers of HTTP/1.1', async () => {
		const { segments } = await play();
		const packed = await ask('/hls/cam/ll.m3u8', { 'accept-encoding': 'gzip' });
		expect(packed.status).toBe(200);
		expect(packed.headers).toMatchObject({
			'content-type': 'application/vnd.apple.mpegurl',
			'content-encoding': 'gzip',
			'cache-control': 'no-cache',
			vary: 'Accept-Encoding',
			'access-control-allow-origin': '*',
		});
		const same = await ask('/hls/cam/ll.m3u8', {
			'accept-encoding': 'gzip',
			'if-none-match': String(packed.headers.etag),
		});
		expect([same.status, same.body.length]).toEqual([304, 0]);
		const uri = segments[0]?.uri;
		const whole = await ask(`/hls/cam/${uri}`);
		expect([whole.status, whole.headers['content-length']]).toEqual([200, String(whole.body.length)]);
		const range = await ask(`/hls/cam/${uri}`, { range: 'bytes=4-7' });
		expect([range.status, range.body.toString()]).toEqual([206, 'moof']);
		expect((await ask(`/hls/cam/${uri}`, { ':method': 'HEAD' })).body.length).toBe(0);
		expect((await ask('/hls/cam/ll.m3u8?_HLS_part=1')).status).toBe(400);
		expect((await ask('/hls/none/ll.m3u8')).status).toBe(404);
		expect((await ask('/hls/cam/ll.m3u8', { ':method': 'OPTIONS' })).status).toBe(204);
	});

	it('holds the hinted part and the next playlist on one connection, and answers others meanwhile', async () => {
		const { hint, segments } = await play();
		const open = segments.at(-1);
		const order: string[] = [];
		const tell = (name: string) => (answer: Answer) => {
			order.push(name);
			return answer;
		};
		const part = ask(`/hls/cam/${hint}`).then(tell('part'));
		const next = ask(`/hls/cam/ll.m3u8?_HLS_msn=${open?.sequence}&_HLS_part=${open?.parts.length}`).then(tell('next'));
		for (let count = 0; count < 3; count++) expect((await ask('/hls/cam/ll.m3u8')).status).toBe(200);
		expect(order).toEqual([]);
		deliver(1.3, 1.5);
		const [media, playlist] = await Promise.all([part, next]);
		expect([media.status, playlist.status]).toEqual([200, 200]);
		const listed = readLowLatency(playlist.body.toString()).segments.at(-1)?.parts.at(-1);
		expect(listed?.uri).toBe(hint);
		expect(media.body.equals((await ask(`/hls/cam/${hint}`)).body)).toBe(true);
	});

	it('forgets what was held when the stream is reset or the connection breaks', async () => {
		const { hint } = await play();
		const held = session.request({ ':path': `/hls/cam/${hint}` });
		held.on('error', () => {});
		const another = connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
		another.on('error', () => {});
		const broken = another.request({ ':path': `/hls/cam/${hint}` });
		broken.on('error', () => {});
		expect((await ask('/hls/cam/ll.m3u8')).status).toBe(200);
		held.close();
		another.destroy();
		expect((await ask('/hls/cam/ll.m3u8')).status).toBe(200);
		await clock.advance(20_000);
		// Who is held keeps an output running.
		expect(camera.leases).toBe(0);
	});

	it('is what curl and nghttp get', async () => {
		await play();
		const url = `https://127.0.0.1:${server.port}/hls/cam/ll.m3u8`;
		const curl = await run('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', url]);
		expect(curl.stdout).toBe('2 200');
		const old = await run('curl', ['-sk', '--http1.1', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', url]);
		expect(old.stdout).toBe('1.1 200');
		expect((await run('nghttp', ['-nv', '--no-dep', url])).stdout).toContain(':status: 200');
	});
});

describe('the API over HTTP/2', () => {
	it('knows who asks and by what name', async () => {
		const { status, headers, body } = await ask('/echo');
		expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
		const host = `127.0.0.1:${server.port}`;
		expect(JSON.parse(body.toString())).toEqual({ protocol: 'https', host, hostname: '127.0.0.1', ip: '127.0.0.1' });
	});

	it('reads bodies and sends files', async () => {
		const text = JSON.stringify({ some: 'thing' });
		const headers = { ':method': 'POST', 'content-type': 'application/json', 'content-length': `${text.length}` };
		const { status, headers: answered, body } = await ask('/echo', headers, text);
		expect([status, answered.location, body.toString()]).toEqual([201, '/echo/1', text]);
		expect(answered).toMatchObject({ 'x-one': '1', 'x-other': '2' });
		expect((await ask('/file')).body.toString()).toMatch(/^-----BEGIN CERTIFICATE-----/);
	});
});

describe('a port with TLS', () => {
	it('speaks HTTP/1.1 to those who know nothing else', async () => {
		const status = await new Promise((resolve, reject) => {
			const options = { port: server.port, path: '/echo', rejectUnauthorized: false, agent: false };
			const outgoing = requestOverTls({ host: '127.0.0.1', ...options }, (response) => {
				response.resume();
				resolve([response.statusCode, response.httpVersion]);
			});
			outgoing.on('error', reject);
			outgoing.end();
		});
		expect(status).toEqual([200, '1.1']);
	});

	it('shows another certificate once it is exchanged, and still offers HTTP/2', async () => {
		const shown = () =>
			new Promise<{ certificate: string; protocol: string | false | null }>((resolve, reject) => {
				const options = { host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
				const socket = connectTls(options, () => {
					resolve({ certificate: socket.getPeerCertificate().fingerprint256, protocol: socket.alpnProtocol });
					socket.destroy();
				});
				socket.on('error', reject);
			});
		const before = await shown();
		server.use(await readCertificate(await makeCertificate(folder, 'two')));
		const after = await shown();
		expect([before.protocol, after.protocol]).toEqual(['h2', 'h2']);
		expect(after.certificate).not.toBe(before.certificate);
		// Connections that were there go on.
		expect((await ask('/echo')).status).toBe(200);
	});

	// Node.js itself would take a minute for the head, and bodies of HTTP/2 might come for ever.
	it('S6: cuts off who sends slowly, as soon as a port without TLS does', { timeout: 60_000 }, async () => {
		// Some clients say in a frame of its own that there is no body; the playlist is still to come.
		const patient = session.request({ ':path': '/hls/cam/ll.m3u8' }, { endStream: false }).end();
		patient.on('error', () => {});
		const slow = session.request({ ':path': '/echo', ':method': 'POST', 'content-type': 'application/json' });
		const cut = new Promise((resolve) => slow.once('close', () => resolve(slow.rstCode)));
		slow.on('error', () => {});
		const drip = setInterval(() => slow.write('a'), 1000);
		slow.once('close', () => clearInterval(drip));
		const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false });
		socket.on('error', () => {});
		socket.write('GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n');
		const mute = connectTcp({ host: '127.0.0.1', port: server.port }).on('error', () => {});
		const muteIsCut = once(mute, 'close');
		const answers: string[] = [];
		socket.on('data', (bytes) => answers.push(String(bytes)));
		await once(socket, 'close');
		// Who does not even begin with TLS has less time.
		await muteIsCut;
		expect(answers.join('')).toMatch(/^HTTP\/1\.1 408 /);
		expect(await cut).toBe(constants.NGHTTP2_CANCEL);
		expect((await ask('/echo')).status).toBe(200);
		expect(patient.closed).toBe(false);
	});

	it('S6: says how many requests at once a connection may have, and how long a head may be', async () => {
		expect((await ask('/echo')).status).toBe(200);
		const { maxConcurrentStreams, maxHeaderListSize } = session.remoteSettings;
		expect([maxConcurrentStreams, maxHeaderListSize]).toEqual([MAX_STREAMS, MAX_HEADER_BYTES]);
		const long = await ask('/echo', { 'x-long': 'a'.repeat(MAX_HEADER_BYTES) }).catch((error: Error) => error.message);
		expect(long).toMatch(/NGHTTP2_/);
	});

	it('is closed with its connections', async () => {
		expect((await ask('/echo')).status).toBe(200);
		const gone = new Promise((resolve) => session.once('close', resolve));
		await server.close();
		await gone;
	});
});
