import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import request from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { WhepOffers } from '../../../src/api/whep/offers.ts';
import { DualcastError, SourceError } from '../../../src/base/errors.ts';
import { createFixture, testAuth } from './api-fixture.ts';
import { fakeStreams, fakeWebRtc, RESOURCE, SESSION } from './fake-ports.ts';

const FRAGMENT = 'application/trickle-ice-sdpfrag';
const OFFER = 'v=0\r\noffer';
/** What players on other sites read. */
const EXPOSED = [
	...['Location', 'ETag', 'Link', 'Retry-After', 'Accept-Post', 'Accept-Patch', 'Allow', 'WWW-Authenticate'],
];

function post(fixture: ReturnType<typeof createFixture>, path = '/whep/live/stream') {
	return request(fixture.app).post(path).set('Content-Type', 'application/sdp');
}

describe('POST /whep/:id', () => {
	it('answers with SDP and the URL of the session', async () => {
		const fixture = createFixture();
		const { status, headers, text } = await post(fixture).send(OFFER);
		expect(status).toBe(201);
		expect(headers['content-type']).toBe('application/sdp');
		expect(headers.location).toBe(`/whep/sessions/${RESOURCE}`);
		expect(headers.etag).toBe(`"${SESSION.id}-1"`);
		expect(headers['accept-patch']).toBe(FRAGMENT);
		expect(headers['cache-control']).toBe('no-store');
		expect(headers).not.toHaveProperty('link');
		expect(text).toBe('v=0\r\nanswer');
		expect(fixture.webrtc.offers).toMatchObject([{ streamId: 'live/stream', offer: OFFER }]);
	});

	it.each(['application/sdp; charset=utf-8', 'Application/SDP;charset=x-unknown', 'application/sdp ;'])(
		'takes %s',
		async (type) => {
			expect((await post(createFixture()).set('Content-Type', type).send(OFFER)).status).toBe(201);
		},
	);

	it.each(['text/plain', 'application/json', 'application/sdpx', 'application/x-www-form-urlencoded', 'x'])(
		'refuses %s',
		async (type) => {
			const fixture = createFixture();
			const { status, headers, body } = await post(fixture).set('Content-Type', type).send(OFFER);
			expect(status).toBe(415);
			expect(body.code).toBe('unsupported_media_type');
			expect(headers['accept-post']).toBe('application/sdp');
			expect(fixture.webrtc.offers).toEqual([]);
		},
	);

	it('does nothing for those who left before it was their turn', async () => {
		const auth = testAuth();
		const authorize = vi.spyOn(auth.access, 'authorize');
		const offers = new WhepOffers({
			streams: fakeStreams(),
			webrtc: fakeWebRtc(),
			hls: undefined,
			iceServers: [],
			auth,
		});
		const caller = {
			authorization: undefined,
			url: '/whep/live/stream',
			address: '192.0.2.1',
			protocol: 'webrtc',
		} as const;
		await offers.answer({} as IncomingMessage, { closed: true } as ServerResponse, 'live/stream', caller);
		expect(authorize).not.toHaveBeenCalled();
	});

	it('refuses a request without a type', async () => {
		expect((await request(createFixture().app).post('/whep/live/stream')).status).toBe(415);
	});

	it('caps the body', async () => {
		const fixture = createFixture();
		expect((await post(fixture).send(`v=0${'x'.repeat(64 * 1024 - 3)}`)).status).toBe(201);
		const long = post(fixture).set('Connection', 'keep-alive');
		const { status, headers, body } = await long.send('x'.repeat(64 * 1024 + 1));
		expect(status).toBe(413);
		expect(body.code).toBe('payload_too_large');
		expect(headers.connection).toBe('close');
	});

	it('does not unpack a compressed body', async () => {
		expect((await post(createFixture()).set('Content-Encoding', 'gzip').send('x')).status).toBe(415);
	});

	it('refuses an empty body as an offer', async () => {
		expect((await post(createFixture())).body.code).toBe('offer_invalid');
	});

	it('tells the ICE servers', async () => {
		const iceServers = [
			{ urls: ['stun:stun.example:3478'] },
			{ urls: ['turn:turn.example'], username: 'a"b', credential: 'c\\d' },
		];
		const { headers } = await post(createFixture({ iceServers })).send(OFFER);
		expect(headers.link).toBe(
			'<stun:stun.example:3478>; rel="ice-server", ' +
				'<turn:turn.example>; rel="ice-server"; username="a\\"b"; credential="c\\\\d"; credential-type="password"',
		);
	});

	it.each([
		[new DualcastError('stream_not_found', 'gone'), 404, undefined],
		[new SourceError('camera_unauthorized', 'wrong password', { permanent: true }), 502, undefined],
		[new SourceError('camera_not_found', 'no such path'), 502, undefined],
		[new SourceError('camera_unsupported', 'no RTSP', { permanent: true }), 502, undefined],
		[new SourceError('camera_refused', 'refused'), 409, '2'],
		[new SourceError('camera_unreachable', 'no way'), 409, '2'],
		[new SourceError('camera_timeout', 'late'), 409, '2'],
		[new SourceError('camera_closed', 'gone'), 409, '2'],
		[new SourceError('camera_stalled', 'silent'), 409, '2'],
		[new DualcastError('offer_invalid', 'no SDP'), 400, undefined],
		[new DualcastError('codec_unsupported', 'no H.265'), 422, undefined],
		[new DualcastError('too_many_sessions', 'full'), 503, '5'],
		[new DualcastError('stream_closed', 'closing'), 503, '2'],
	])('answers %s', async (error, status, retryAfter) => {
		const fixture = createFixture();
		fixture.webrtc.answer = () => Promise.reject(error);
		const response = await post(fixture).send(OFFER);
		expect(response.status).toBe(status);
		expect(response.body).toMatchObject({ code: error.code, detail: error.message, status });
		expect(response.headers['retry-after']).toBe(retryAfter);
		expect(response.headers['access-control-allow-origin']).toBe('*');
		const exposed = response.headers['access-control-expose-headers']?.split(', ');
		expect(exposed).toEqual(expect.arrayContaining(EXPOSED));
		expect(fixture.log).toEqual([]);
	});

	it.each([
		['h265', 'll.m3u8'],
		['h264', 'index.m3u8'],
	])('tells a browser that does not take %s where else the stream plays', async (codec, playlist) => {
		const fixture = createFixture();
		fixture.webrtc.answer = () => Promise.reject(new DualcastError('codec_unsupported', 'no', { facts: { codec } }));
		const { body } = await post(fixture).send(OFFER);
		expect(body).toMatchObject({ codec, hls: `/hls/live/stream/${playlist}` });
	});

	it('keeps an unexpected error to itself and logs it', async () => {
		const fixture = createFixture();
		fixture.webrtc.answer = () => Promise.reject(new TypeError('secret inner state'));
		const { status, text, body } = await post(fixture).send(OFFER);
		expect(status).toBe(500);
		expect(body.code).toBe('internal');
		expect(text).not.toContain('secret');
		expect(fixture.log).toHaveLength(1);
		expect(fixture.log[0]?.facts.error).toBeInstanceOf(TypeError);
	});

	it.each([['while it waits'], ['just before the answer']])(
		'is given up when the player goes away %s',
		async (when) => {
			const fixture = createFixture();
			const remove = vi.spyOn(fixture.webrtc, 'remove');
			fixture.webrtc.answer = (_streamId, _offer, signal) =>
				new Promise((resolve, reject) => {
					signal.addEventListener('abort', () => {
						if (when === 'while it waits') reject(signal.reason);
						else resolve({ sessionId: 'late', resource: 'r', answer: 'v=0', skipped: [] });
					});
				});
			const server = createServer(fixture.app).listen(0, '127.0.0.1');
			await once(server, 'listening');
			const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
			socket.write(
				`POST /whep/live/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: ${OFFER.length}\r\n\r\n${OFFER}`,
			);
			await vi.waitFor(() => expect(fixture.webrtc.offers).toHaveLength(1));
			socket.destroy();
			await vi.waitFor(() => expect(fixture.webrtc.offers[0]?.signal.aborted).toBe(true));
			if (when === 'just before the answer') await vi.waitFor(() => expect(remove).toHaveBeenCalledWith('late'));
			server.close();
			await once(server, 'close');
			expect(fixture.log).toEqual([]);
		},
	);
});

describe('/whep', () => {
	const { app } = createFixture();

	it('answers GET without a body and HEAD with the type', async () => {
		const get = await request(app).get('/whep/live/stream');
		expect([get.status, get.text]).toEqual([204, '']);
		const head = await request(app).head('/whep/live/stream');
		expect([head.status, head.headers['content-type']]).toEqual([200, 'application/sdp']);
		expect((await request(app).get('/whep/nobody')).status).toBe(404);
	});

	it.each(['/whep/live/stream', `/whep/sessions/${RESOURCE}`])('lets other sites ask first for %s', async (path) => {
		const { status, headers } = await request(app)
			.options(path)
			.set('Origin', 'https://site.example')
			.set('Access-Control-Request-Method', 'POST');
		expect(status).toBe(204);
		expect(headers['access-control-allow-origin']).toBe('*');
		expect(headers).not.toHaveProperty('access-control-allow-credentials');
		for (const method of ['POST', 'PATCH', 'DELETE', 'OPTIONS']) {
			expect(headers['access-control-allow-methods']).toContain(method);
		}
		for (const header of ['Authorization', 'Content-Type', 'If-Match']) {
			expect(headers['access-control-allow-headers']).toContain(header);
		}
		expect(headers['accept-post']).toBe('application/sdp');
	});

	it.each(['/live/stream/whep', '/live/stream/whep/'])(
		'answers at %s, as players made for MediaMTX ask',
		async (path) => {
			const fixture = createFixture();
			const { status } = await post(fixture, `${path}?a=b`).send(OFFER);
			expect(status).toBe(201);
			expect(fixture.webrtc.offers).toMatchObject([{ streamId: 'live/stream' }]);
			const preflight = await request(fixture.app).options(path);
			expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*']);
			expect((await request(fixture.app).head(path)).status).toBe(200);
		},
	);

	it('has nothing at such an address of a stream that is not there', async () => {
		const fixture = createFixture();
		for (const path of ['/nobody/whep', '/nobody/whep/']) {
			const { status, headers } = await post(fixture, path).send(OFFER);
			expect([status, headers['access-control-allow-origin']]).toEqual([404, '*']);
		}
		expect((await request(fixture.app).get('/api/v1/streams/whep')).body.code).toBe('stream_not_found');
	});

	it('gives each viewer a TURN password of its own that ends', async () => {
		const secret = 'shared with the TURN server';
		const { headers } = await post(createFixture({ iceServers: [{ urls: ['turn:turn.example'], secret }] })).send(
			OFFER,
		);
		const [, username = '', credential] = /username="([^"]+)"; credential="([^"]+)"/.exec(headers.link ?? '') ?? [];
		expect(credential).toBe(createHmac('sha1', secret).update(username).digest('base64'));
		const remaining = Number(username.split(':')[0]) - Date.now() / 1000;
		expect(remaining).toBeGreaterThan(3600);
		expect(remaining).toBeLessThanOrEqual(24 * 3600);
		expect(headers.link).not.toContain(secret);
	});

	it.each(['put', 'patch', 'delete'] as const)('has no %s', async (method) => {
		const { status, headers, body } = await request(app)[method]('/whep/live/stream');
		expect(status).toBe(405);
		expect(headers.allow).toBe('GET, HEAD, POST, OPTIONS');
		expect(headers['access-control-allow-origin']).toBe('*');
		expect(body.code).toBe('method_not_allowed');
	});
});
