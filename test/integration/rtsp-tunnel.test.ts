import { afterEach, describe, expect, it } from 'vitest';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import { FakeCamera, type FakeCameraScript, ok } from '../camera/fake-camera.ts';
import { FrontDoor, type FrontDoorOptions, serverFrame } from '../camera/front-door.ts';
import { GstCamera } from '../camera/gst-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** Answers PLAY and sends these packets after it. */
function playing(sequences: readonly number[], bytes = 2): FakeCameraScript {
	return {
		on: {
			PLAY(request, client) {
				client.send(ok(request, { Session: '12345678' }));
				for (const sequence of sequences) client.frame(0, picture(sequence, bytes));
				return undefined;
			},
		},
	};
}

function picture(sequence: number, bytes: number): Uint8Array {
	const payload = new Uint8Array(bytes).fill(0x41);
	return buildRtp({ payloadType: 96, marker: true, sequence, timestamp: sequence * 3000, ssrc: 7, payload });
}

async function startCamera(
	script: FakeCameraScript = {},
	options: Omit<FrontDoorOptions, 'port'> = {},
): Promise<{ camera: FakeCamera; door: FrontDoor }> {
	const camera = await FakeCamera.start(script);
	const door = await FrontDoor.open({ port: camera.port, ...options });
	closers.push(
		() => camera.close(),
		() => door.close(),
	);
	return { camera, door };
}

function pull(url: string, options: Parameters<typeof rtspSource>[1]): Pull {
	const started = new Pull(rtspSource(url, options));
	closers.push(() => started.stop());
	return started;
}

const unauthorized = (challenge: string) => `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${challenge}\r\n\r\n`;

describe('RTSP in HTTP', () => {
	it.each([false, true])('brings media and takes requests, with TLS: %s', async (tls) => {
		const { camera, door } = await startCamera(playing([1, 2, 3], 5000), { tls });
		const { sink } = pull(door.url, { transport: 'http', tls: 'unchecked' });
		await sink.until(() => sink.packets.length === 3);
		expect(sink.announcements[0]?.connection).toMatchObject({ transport: 'http', remote: `127.0.0.1:${door.port}` });
		const [get, post] = door.requests;
		expect([get?.method, post?.method, door.requests.length]).toEqual(['GET', 'POST', 2]);
		expect([get?.target, post?.target]).toEqual(['/cam', '/cam']);
		expect(get?.headers.get('x-sessioncookie')).toMatch(/^[0-9a-f]{24}$/);
		expect(post?.headers.get('x-sessioncookie')).toBe(get?.headers.get('x-sessioncookie'));
		expect(post?.headers.get('content-type')).toBe('application/x-rtsp-tunnelled');
		expect(camera.all('SETUP')[0]?.headers.get('Transport')).toContain('RTP/AVP/TCP;unicast;interleaved=0-1');
	});

	it('says goodbye through the tunnel', async () => {
		const { camera, door } = await startCamera(playing([1]));
		const started = pull(door.url, { transport: 'http' });
		await started.sink.until(() => started.sink.packets.length === 1);
		await started.stop();
		await camera.seen('TEARDOWN');
	});

	it('goes on with another POST when the camera ends the one it has', async () => {
		const { camera, door } = await startCamera(playing([1]), { postLimit: 100 });
		const { sink } = pull(door.url, { transport: 'http' });
		await sink.until(() => sink.packets.length === 1);
		expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
		const posts = door.requests.filter(({ method }) => method === 'POST');
		expect(posts.length).toBeGreaterThan(1);
		expect(new Set(posts.map(({ headers }) => headers.get('x-sessioncookie'))).size).toBe(1);
	});

	it('gives the web server the password by digest for GET and POST when it asks, and not before', async () => {
		const { camera, door } = await startCamera(playing([1]), {
			judge: ({ headers }) =>
				headers.has('authorization') ? undefined : unauthorized('Digest realm="web", nonce="n", qop="auth"'),
		});
		const { sink } = pull(door.url.replace('//', '//user:secret@'), { transport: 'http' });
		await sink.until(() => sink.packets.length === 1);
		expect(door.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
		const [first, ...others] = door.requests.map(({ headers }) => headers.get('authorization'));
		expect(first).toBeUndefined();
		for (const header of others) expect(header).toContain('uri="/cam"');
		expect(others.map((header) => /nc=(\d+)/.exec(header ?? '')?.[1])).toEqual(['00000001', '00000002']);
		expect(camera.requests.every(({ headers }) => headers.get('Authorization') === undefined)).toBe(true);
	});

	it('stops at the second 401 of the web server', async () => {
		const { door } = await startCamera({}, { judge: () => unauthorized('Basic realm="web"') });
		const error = await pull(door.url, { transport: 'http', username: 'u', password: 'CANARY' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(door.requests).toHaveLength(2);
		expect(`${error?.message} ${JSON.stringify(error)}`).not.toContain('CANARY');
	});

	it.each([
		['the first POST', 1],
		['a later POST, whose nonce is too old', 2],
	])('answers a web server that asks again at %s', async (_, askedAt) => {
		let posts = 0;
		const { camera, door } = await startCamera(playing([1]), {
			postLimit: 100,
			judge({ method, headers }) {
				const given = headers.get('authorization') ?? '';
				posts += Number(method === 'POST' && given.includes('nonce="first"'));
				const nonce = posts >= askedAt ? 'second' : 'first';
				if (given.includes(`nonce="${nonce}"`)) return undefined;
				return unauthorized(`Digest realm="web", nonce="${nonce}", stale=${given !== ''}, qop="auth"`);
			},
		});
		const { sink } = pull(door.url, { transport: 'http', username: 'u', password: 'p' });
		await sink.until(() => sink.packets.length === 1);
		expect(camera.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
		expect(camera.clients).toHaveLength(1);
	});

	it('that worked is tried again after the camera refuses a later POST', async () => {
		let posts = 0;
		const busy = 'HTTP/1.0 503 Busy\r\n\r\n';
		const { door } = await startCamera(playing([1]), {
			postLimit: 100,
			judge: ({ method }) => (method === 'POST' && ++posts > 1 ? busy : undefined),
		});
		const error = await pull(door.url, { transport: 'http' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: false, facts: { status: 503 } });
	});

	it('stops at the second 401 to its POST', async () => {
		const { door } = await startCamera(
			{},
			{
				judge: ({ method, headers }) =>
					method === 'POST' || !headers.has('authorization')
						? unauthorized('Digest realm="web", nonce="n", qop="auth"')
						: undefined,
			},
		);
		const error = await pull(door.url, { transport: 'http', username: 'u', password: 'p' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(door.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST', 'POST']);
	});

	it.each([
		['GET', 404],
		['POST', 405],
	] as const)('that the camera does not take ends with its answer to %s', async (method, code) => {
		const refuse = (asked: string) =>
			asked === method ? `HTTP/1.0 ${code} No\r\nContent-Length: 0\r\n\r\n` : undefined;
		const { door } = await startCamera({}, { judge: (request) => refuse(request.method) });
		const error = await pull(door.url, { transport: 'http' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true, facts: { status: code, method } });
	});

	it.each([
		['endless headers', `HTTP/1.0 200 OK\r\n${'X: y\r\n'.repeat(10_000)}`],
		['no HTTP', 'SSH-2.0-x\r\n\r\n'],
	])('with %s ends with a clear error', async (_, answer) => {
		const { door } = await startCamera({}, { judge: () => answer });
		const error = await pull(door.url, { transport: 'http' }).outcome;
		expect(error).toMatchObject({ code: 'camera_protocol', permanent: false });
		expect(error?.message).toContain('HTTP');
	});

	it.each(['none', 'basic'] as const)('is taken by gst-rtsp-server, with authorization %s', async (auth) => {
		const camera = await GstCamera.start({ width: 320, height: 240, bitrate: 500, audio: 'alaw', auth });
		closers.push(() => camera.stop('SIGKILL'));
		const started = pull(camera.urlAs('user', 'pass'), { transport: 'http' });
		await started.flowing(50);
		expect(started.sink.announcements[0]?.connection).toMatchObject({ transport: 'http' });
		await started.stop();
		await camera.seen('TEARDOWN');
	});
});

describe('RTSP in a WebSocket', () => {
	it.each([false, true])('brings media and takes requests, with TLS: %s', async (tls) => {
		const { camera, door } = await startCamera(playing([1, 2, 3], 65_000), { tls });
		const started = pull(door.url, { transport: 'websocket', tls: 'unchecked' });
		const { sink } = started;
		await sink.until(() => sink.packets.length === 3);
		expect(sink.announcements[0]?.connection).toMatchObject({ transport: 'websocket' });
		expect(door.requests[0]).toMatchObject({ method: 'GET', target: '/rtsp-over-websocket' });
		expect(door.requests[0]?.headers.get('sec-websocket-protocol')).toContain('rtsp.onvif.org');
		await started.stop();
		await camera.seen('TEARDOWN');
	});

	it('is opened at the path that is set, and answers pings', async () => {
		const { camera, door } = await startCamera(playing([1]));
		pull(door.url, { transport: 'websocket', tunnelPath: '/ws?stream=1' });
		await camera.seen('PLAY');
		expect(door.requests[0]?.target).toBe('/ws?stream=1');
		door.webSockets[0]?.write(serverFrame(0x89, Buffer.from('hello')));
		await expect.poll(() => door.opcodes).toContain(0xa);
	});

	it.each([
		['closes it', serverFrame(0x88, Uint8Array.of(3, 232)), 'camera_closed'],
		['sends what is no frame', Uint8Array.of(0xf7, 0xff, 0xff), 'camera_protocol'],
	])('ends when the camera %s', async (_, bytes, code) => {
		const { camera, door } = await startCamera(playing([1]));
		const started = pull(door.url, { transport: 'websocket' });
		await camera.seen('PLAY');
		door.webSockets[0]?.write(bytes);
		expect(await started.outcome).toMatchObject({ code, permanent: false });
	});

	it.each([
		['another key', 'Sec-WebSocket-Accept: AAAA'],
		['another protocol', 'Sec-WebSocket-Protocol: chat'],
	])('is not taken with %s', async (_, line) => {
		const { camera, door } = await startCamera({}, { welcome: () => `HTTP/1.1 101 OK\r\n${line}\r\n\r\n` });
		const error = await pull(door.url, { transport: 'websocket' }).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
		expect(camera.requests).toEqual([]);
	});
});
