import type { IncomingMessage, ServerResponse } from 'node:http';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { viewerRouting } from '../../../src/api/cluster/viewer-routing.ts';
import { answerError } from '../../../src/api/problem.ts';
import type { TokenRequest } from '../../../src/auth/token-issuer.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';
import { bearerOf, testAuth } from './api-fixture.ts';

type Found = { id: string; role: 'main' | 'sub'; http: string };

const SUB: Found = { id: 'sub2', role: 'sub', http: 'http://sub2:8107' };

/** A node that sends viewers elsewhere; what it serves itself is answered with 200 and `here`. */
function scene(
	found: Found | 'here' | 'throws' | DualcastError = SUB,
	read: 'public' | 'jwt' | 'http' = 'jwt',
	elsewhere = true,
	watched: readonly string[] = [],
) {
	const auth = testAuth({ read });
	const access = read === 'http' ? { authorize: async () => undefined } : auth.access;
	const asked: unknown[] = [];
	const holders: string[] = [];
	const reserved: boolean[] = [];
	const route = viewerRouting({
		places: {
			self: 'main1',
			elsewhere,
			async find(stream, wish) {
				asked.push([stream, wish.node, ...wish.avoid]);
				holders.push(wish.holder);
				reserved.push(wish.reserve);
				if (found instanceof DualcastError) throw found;
				return found === 'here' || found === 'throws' ? undefined : found;
			},
		},
		watches: (stream) => watched.includes(stream),
		access,
		tokenFor: (grant, node) => auth.tokenFor(grant, node),
		proxies: new TrustedProxies(['127.0.0.1']),
		answerError(...words) {
			if (found === 'throws') throw new Error('the error cannot be told');
			answerError(...words);
		},
	});
	const app = (incoming: IncomingMessage, response: ServerResponse) => {
		const here = () => {
			if (found === 'throws') throw new Error('the answer failed');
			response.end('here');
		};
		if (!route(incoming, response, here)) here();
	};
	const token = async (changes: Partial<TokenRequest> = {}) =>
		(await bearerOf(auth, { streams: ['*'], ...changes })).replace('Bearer ', '');
	return { app, asked, holders, reserved, auth, token };
}

describe('a node that serves viewers elsewhere', () => {
	it('hands the query on letter by letter: a service may know its viewers by it', async () => {
		const { app } = scene(SUB, 'http');
		const path = '/hls/cam/index.m3u8';
		for (const query of ['key=a%20b%2Bc', 'back=/page?id=7&key=good', 'good', 'a=1&a=2', 'key=%zz']) {
			const { headers } = await request(app).get(`${path}?avoid=sub1&${query}&avoid=sub3`);
			expect(headers.location).toBe(`http://sub2:8107${path}?${query}`);
		}
	});

	it('avoids eight nodes at most: each of them is looked for in all of them', async () => {
		const { app, asked } = scene(SUB, 'public');
		const nodes = Array.from({ length: 30 }, (_, number) => `sub${number}`);
		await request(app).post(`/whep/cam?${nodes.map((node) => `avoid=${node}`).join('&')}`);
		expect(asked).toEqual([['cam', undefined, ...nodes.slice(0, 8)]]);
	});

	it.each([
		['POST', '/whep/room/5', 'room/5'],
		['GET', '/whep/room/5', 'room/5'],
		['POST', '/room/5/whep', 'room/5'],
		['POST', '/room/5/whep/', 'room/5'],
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

	it.each([
		['POST', '/whep/cam', true],
		['GET', '/hls/cam/index.m3u8', true],
		['HEAD', '/hls/cam/index.m3u8', false],
		['GET', '/whep/cam', false],
		['HEAD', '/whep/cam', false],
	] as const)('keeps a place for a viewer that %s %s brings: %s', async (method, path, kept) => {
		const { app, reserved } = scene(SUB, 'public');
		const { get, head, post } = request(app);
		expect((await { GET: get, HEAD: head, POST: post }[method](path)).status).toBe(307);
		expect(reserved).toEqual([kept]);
	});

	it('keeps places for a token, whatever address it comes from and wherever it was sent', async () => {
		const { app, holders, token } = scene();
		const one = await token({ tokenId: 'one' });
		const asks = [
			['198.51.100.1', one],
			['198.51.100.2', await token({ tokenId: 'one', node: 'sub1' })],
			['198.51.100.1', await token({ tokenId: 'two' })],
		];
		for (const [address = '', jwt] of asks) {
			await request(app).get(`/hls/cam/index.m3u8?jwt=${jwt}`).set('X-Forwarded-For', address);
		}
		const [first, again, other] = holders;
		expect(again).toBe(first);
		expect(other).not.toBe(first);
	});

	it('keeps places for all tokens that one could have given out, as by a class code, in common', async () => {
		const { app, holders, token } = scene();
		for (const tokenId of ['one', 'two']) {
			const jwt = await token({ tokenId, holder: 'the class' });
			await request(app).get(`/hls/cam/index.m3u8?jwt=${jwt}`);
		}
		expect(holders).toEqual(['the class', 'the class']);
	});

	it.each([
		['an address', '198.51.100.1', '198.51.100.1', true],
		['different addresses', '198.51.100.1', '198.51.100.2', false],
		['a network of IPv6, as each client has one', '2001:db8:1:2::7', '2001:db8:1:2:3:4:5:6', true],
		['different networks of IPv6', '2001:db8:1:2::7', '2001:db8:1:3::7', false],
		['different networks of IPv6 in short', '2001:db8::1:2:3:4:5', '2001:db8::2:2:3:4:5', false],
		['different addresses of IPv4 in IPv6', '::ffff:198.51.100.1', '::ffff:198.51.100.2', false],
	])('keeps places for %s where no token is asked for', async (_, one, other, same) => {
		const { app, holders } = scene(SUB, 'public');
		for (const address of [one, other]) {
			await request(app).get('/hls/cam/index.m3u8?jwt=made-up').set('X-Forwarded-For', address);
		}
		expect(holders).toEqual([expect.any(String), expect.any(String)]);
		expect(holders[0] === holders[1]).toBe(same);
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

	it('answers where the address of the node cannot be told', async () => {
		const { app } = scene({ id: 'sub2', role: 'sub', http: 'http://żółw.example' }, 'public');
		const { status, headers, body } = await request(app).get('/hls/cam/index.m3u8');
		expect([status, body.code, headers['access-control-allow-origin']]).toEqual([500, 'internal', '*']);
	});

	it('cuts the connection where no answer can be given at all', async () => {
		const { app } = scene('throws', 'public');
		await expect(request(app).get('/hls/cam/index.m3u8')).rejects.toThrow(/hang up/);
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

	const basic = (password: string) => `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;

	it.each([
		['everybody may watch', () => scene(SUB, 'public')],
		['a service decides', () => scene(SUB, 'http')],
	])('puts no password into an address where %s', async (_, start) => {
		const { app } = start();
		const ask = (path: string, authorization: string) => request(app).get(path).set('Authorization', authorization);
		const alone = await ask('/hls/cam/index.m3u8', basic('CANARY'));
		expect([alone.status, alone.headers.location]).toEqual([307, 'http://sub2:8107/hls/cam/index.m3u8']);
		const beside = await ask('/hls/cam/index.m3u8?jwt=one&x=1', basic('CANARY'));
		expect(beside.headers.location).toBe('http://sub2:8107/hls/cam/index.m3u8?jwt=one&x=1');
		expect(JSON.stringify([alone.headers, beside.headers])).not.toMatch(/CANARY|Q0FOQVJZ/);
		const bearer = await ask('/hls/cam/index.m3u8', 'Bearer two');
		expect(bearer.headers.location).toBe('http://sub2:8107/hls/cam/index.m3u8?jwt=two');
	});

	it('sends a token that came as the password along: it was checked', async () => {
		const { app, token } = scene();
		const jwt = await token();
		const { headers } = await request(app).get('/hls/cam/index.m3u8').set('Authorization', basic(jwt));
		expect(headers.location).toBe(`http://sub2:8107/hls/cam/index.m3u8?jwt=${jwt}`);
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
