import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { answerError } from '../../../src/api/problem.ts';
import { viewerRouting } from '../../../src/api/viewer-routing.ts';
import type { TokenRequest } from '../../../src/auth/token-issuer.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';

type Found = { id: string; role: 'main' | 'sub'; http: string };

const SUB: Found = { id: 'sub2', role: 'sub', http: 'http://sub2:8107' };

/** A node that sends viewers elsewhere; what it serves itself is answered with 200 and `here`. */
function scene(
	found: Found | 'here' | DualcastError = SUB,
	read: 'public' | 'jwt' = 'jwt',
	elsewhere = true,
	watched: readonly string[] = [],
) {
	const auth = testAuth({ read });
	const asked: unknown[] = [];
	const route = viewerRouting({
		places: {
			self: 'main1',
			elsewhere,
			async find(stream, wish) {
				asked.push([stream, wish.node, ...wish.avoid]);
				if (found instanceof DualcastError) throw found;
				return found === 'here' ? undefined : found;
			},
		},
		watches: (stream) => watched.includes(stream),
		access: auth.access,
		tokenFor: (grant, node) => auth.tokenFor(grant, node),
		proxies: new TrustedProxies([]),
		answerError,
	});
	const app = (incoming: IncomingMessage, response: ServerResponse) => {
		const here = () => response.end('here');
		if (!route(incoming, response, here)) here();
	};
	const token = async (changes: Partial<TokenRequest> = {}) =>
		(await bearerOf(auth, { streams: ['*'], ...changes })).replace('Bearer ', '');
	return { app, asked, auth, token };
}

describe('a node that serves viewers elsewhere', () => {
	it.each([
		['POST', '/whep/room/5', 'room/5'],
		['GET', '/whep/room/5', 'room/5'],
		['POST', '/room/5/whep', 'room/5'],
		['GET', '/hls/room/5/index.m3u8', 'room/5'],
		['GET', '/hls/cam/ll.m3u8', 'cam'],
		['GET', '/hls/c%61m/master.m3u8', 'cam'],
	])('sends %s %s there', async (method, path, stream) => {
		const { app, asked } = scene(SUB, 'public');
		const answer = await (method === 'POST' ? request(app).post(path) : request(app).get(path));
		expect([answer.status, answer.headers.location]).toEqual([307, `http://sub2:8107${path}`]);
		expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
		expect(asked).toEqual([[stream, undefined]]);
	});

	it.each([
		['GET', '/'],
		['GET', '/watch/cam'],
		['GET', '/api/v1/streams/cam'],
		['DELETE', '/whep/sessions/secret'],
		['GET', '/whep/sessions/secret'],
		['OPTIONS', '/whep/cam'],
		['GET', '/hls/cam/segment1.ts'],
		['GET', '/hls/%/index.m3u8'],
		['GET', '/api/whep'],
	])('answers %s %s itself', async (method, path) => {
		const { app, asked } = scene(SUB, 'public');
		const ask = request(app);
		const sent = method === 'DELETE' ? ask.delete(path) : method === 'OPTIONS' ? ask.options(path) : ask.get(path);
		expect((await sent).text).toBe('here');
		expect(asked).toEqual([]);
	});

	it('answers everything itself when it is to', async () => {
		const idle = scene(SUB, 'public', false);
		expect((await request(idle.app).get('/hls/cam/index.m3u8')).text).toBe('here');
		const placed = scene('here', 'public');
		expect((await request(placed.app).get('/hls/cam/index.m3u8')).text).toBe('here');
	});

	it('leaves a viewer by HLS its playlist until it goes by itself, and sends everybody else on', async () => {
		const { app } = scene(SUB, 'public', true, ['room/5']);
		const answers = ['/hls/room/5/ll.m3u8?_HLS_msn=7', '/hls/room/5/index.m3u8', '/hls/cam/index.m3u8', '/whep/room/5'];
		const statuses = await Promise.all(answers.map(async (path) => (await request(app).get(path)).status));
		expect(statuses).toEqual([200, 200, 307, 307]);
	});

	it('says why there is no place', async () => {
		const { app } = scene(new DualcastError('no_node', 'no node takes viewers'), 'public');
		const { status, headers, body } = await request(app).post('/whep/cam');
		expect([status, body.code]).toEqual([503, 'no_node']);
		expect(headers).toMatchObject({ 'retry-after': '2', 'access-control-allow-origin': '*' });
	});

	it.each([
		['no token', {}, '', 401],
		['a token for another stream', { streams: ['yard'] }, 'jwt', 403],
	])('sends nobody with %s anywhere', async (_, changes, parameter, status) => {
		const { app, asked, token } = scene();
		const query = parameter === '' ? '' : `?${parameter}=${await token(changes)}`;
		expect((await request(app).get(`/hls/cam/index.m3u8${query}`)).status).toBe(status);
		expect(asked).toEqual([]);
	});

	it('sends the token along, whatever way it came', async () => {
		const { app, token } = scene();
		const jwt = await token();
		const there = `http://sub2:8107/hls/cam/ll.m3u8?jwt=${jwt}`;
		for (const name of ['jwt', 'token']) {
			expect((await request(app).get(`/hls/cam/ll.m3u8?${name}=${jwt}`)).headers.location).toBe(there);
		}
		const header = await request(app).get('/hls/cam/ll.m3u8').set('Authorization', `Bearer ${jwt}`);
		expect(header.headers.location).toBe(there);
	});

	it('changes a token for one node into one for the other, with the same right and the same end', async () => {
		const { app, asked, auth, token } = scene();
		const jwt = await token({ streams: ['cam'], node: 'sub1', tokenId: 'one' });
		const { headers } = await request(app).get(`/hls/cam/index.m3u8?jwt=${jwt}&avoid=sub1&_HLS_msn=3`);
		const location = new URL(headers.location ?? '');
		expect(location.search).toMatch(/^\?jwt=[^&]+&_HLS_msn=3$|^\?_HLS_msn=3&jwt=[^&]+$/);
		expect(asked).toEqual([['cam', 'sub1', 'sub1']]);
		const verify = (text: string) => auth.access.verify(text, { address: '192.0.2.1' });
		const [before, after] = [await verify(jwt), await verify(location.searchParams.get('jwt') ?? '')];
		expect(after).toMatchObject({ subject: 'ann', streams: ['cam'], actions: ['read'], tokenId: 'one', node: 'sub2' });
		expect(Math.abs(after.expiresAt - before.expiresAt)).toBeLessThanOrEqual(2000);
		// Who is refused the one is refused the other.
		auth.revoke({ tokenId: 'one' });
		await expect(verify(location.searchParams.get('jwt') ?? '')).rejects.toMatchObject({ code: 'token_revoked' });
		expect((await request(app).get(`/hls/cam/index.m3u8?jwt=${jwt}`)).status).toBe(401);
	});

	it('keeps a token that is for the node of its place', async () => {
		const { app, token } = scene();
		const jwt = await token({ node: 'sub2' });
		const { headers } = await request(app).get(`/hls/cam/index.m3u8?jwt=${jwt}`);
		expect(new URL(headers.location ?? '').searchParams.get('jwt')).toBe(jwt);
	});

	it('tells a main, which sends viewers on, what to avoid', async () => {
		const { app } = scene({ id: 'main2', role: 'main', http: 'https://main2' }, 'public');
		const { headers } = await request(app).post('/whep/cam?avoid=sub3');
		expect(headers.location).toBe('https://main2/whep/cam?avoid=sub3&avoid=main1');
	});
});

describe('GET /api/v1/cluster/guide', () => {
	it('is empty outside a cluster', async () => {
		const { status, headers } = await request(createFixture().app).get('/api/v1/cluster/guide');
		expect([status, headers['access-control-allow-origin']]).toEqual([204, '*']);
	});

	it('is for those who may watch something, as long as there is room', async () => {
		const guide = { size: 20_000, join: () => () => {} };
		const auth = testAuth({ read: 'jwt' });
		const { app } = createFixture({ auth, guide });
		expect((await request(app).get('/api/v1/cluster/guide')).status).toBe(401);
		const may = await bearerOf(auth, { streams: ['cam'] });
		expect((await request(app).get('/api/v1/cluster/guide').set('Authorization', may)).status).toBe(204);
	});

	it('is judged by the stream that the viewer watches', async () => {
		const guide = { size: 20_000, join: () => () => {} };
		const auth = testAuth({ read: 'jwt' });
		const { app } = createFixture({ auth, guide });
		const may = await bearerOf(auth, { streams: ['room/5'] });
		const status = async (query: string) =>
			(await request(app).get(`/api/v1/cluster/guide?${query}`).set('Authorization', may)).status;
		expect(await status('stream=room%2F5')).toBe(204);
		expect(await status('stream=cam')).toBe(403);
		expect(await status('stream=')).toBe(204);
		expect(await status('stream=cam&stream=room%2F5')).toBe(403);
	});

	it('names it to the service that decides who may read', async () => {
		const asked: unknown[] = [];
		const hook = createServer((incoming, response) => {
			let body = '';
			incoming.on('data', (chunk) => {
				body += chunk;
			});
			incoming.on('end', () => {
				const { path, action, protocol } = JSON.parse(body) as Record<string, string>;
				asked.push([path, action, protocol]);
				response.writeHead(path === 'room/5' ? 200 : 401).end();
			});
		}).listen(0, '127.0.0.1');
		await once(hook, 'listening');
		const { port } = hook.address() as AddressInfo;
		const auth = testAuth({ read: 'http', http: { url: `http://127.0.0.1:${port}/`, timeout: 5000, cache: 0 } });
		const { app } = createFixture({ auth, guide: { size: 20_000, join: () => () => {} } });
		const status = async (query: string) => (await request(app).get(`/api/v1/cluster/guide${query}`)).status;
		expect(await status('?stream=room%2F5')).toBe(204);
		expect(await status('')).toBe(401);
		expect(asked).toEqual([
			['room/5', 'read', 'webrtc'],
			['', 'read', 'webrtc'],
		]);
		hook.close();
	});

	it('sends events until the player leaves', async () => {
		let tell = (_event: { type: string; data: object }) => {};
		let left = 0;
		const guide = {
			size: 0,
			join(listener: typeof tell) {
				tell = listener;
				listener({ type: 'place', data: { node: 'sub1', mains: [] } });
				return () => {
					left += 1;
				};
			},
		};
		const { app } = createFixture({ guide });
		const server = createServer(app).listen(0);
		const { port } = server.address() as { port: number };
		const stop = new AbortController();
		const response = await fetch(`http://127.0.0.1:${port}/api/v1/cluster/guide`, { signal: stop.signal });
		const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
		expect((await reader?.read())?.value).toBe('event: place\ndata: {"node":"sub1","mains":[]}\n\n');
		tell({ type: 'move', data: { node: 'sub1' } });
		expect((await reader?.read())?.value).toBe('event: move\ndata: {"node":"sub1"}\n\n');
		stop.abort();
		await reader?.read().catch(() => undefined);
		await expect.poll(() => left).toBe(1);
		server.close();
	});
});
