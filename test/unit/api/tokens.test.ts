import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { placeHolder } from '../../../src/api/cluster/place-holder.ts';
import { tokenSchema } from '../../../src/api/schemas.ts';
import type { Grant } from '../../../src/auth/grant.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';

const API_KEY = 'the key of the school, thirty-two bytes';

function scene(settings: Parameters<typeof testAuth>[0] = {}) {
	const auth = testAuth({
		read: 'jwt',
		apiKeys: [API_KEY],
		classes: { '5b': ['live/*'] },
		classCodes: { 'BLUE-4711': '5b' },
		...settings,
	});
	const fixture = createFixture({ auth });
	return { ...fixture, auth, ask: (query: string) => request(fixture.app).post(`/api/token?${query}`) };
}

describe('POST /api/token', () => {
	it('gives a token with addresses that hold it', async () => {
		const { ask, app } = scene();
		const { status, headers, body } = await ask('user_type=student&user_id=test001&action=read&stream=live/stream')
			.set('X-API-Key', API_KEY)
			.set('Host', 'cameras.example.org');
		expect(status).toBe(200);
		expect(headers['cache-control']).toBe('no-store');
		const { token } = tokenSchema.parse(body);
		expect(body).toEqual({
			token,
			token_type: 'Bearer',
			expires_in: 3600,
			node: null,
			webrtc_url: `http://cameras.example.org/whep/live/stream?jwt=${token}`,
			hls_url: `http://cameras.example.org/hls/live/stream/index.m3u8?jwt=${token}`,
			ll_hls_url: `http://cameras.example.org/hls/live/stream/ll.m3u8?jwt=${token}`,
			watch_url: `http://cameras.example.org/watch/live/stream?jwt=${token}`,
		});
		expect((await request(app).get(`/api/v1/streams/live/stream?jwt=${token}`)).status).toBe(200);
		expect((await request(app).get(`/api/v1/streams/constructor?jwt=${token}`)).status).toBe(403);
	});

	it.each(['live/*', '*', 'class:5b'])('gives no addresses for %s, which is not one stream', async (stream) => {
		const { ask, auth } = scene();
		const { status, body } = await ask(`user_id=ann&stream=${stream}`).set('X-API-Key', API_KEY);
		expect(status).toBe(200);
		expect(Object.keys(body).sort()).toEqual(['expires_in', 'node', 'token', 'token_type']);
		const grant = await auth.access.verify(body.token, { address: '192.0.2.1' });
		expect(grant.streams).toEqual([stream === 'class:5b' ? 'live/*' : stream]);
	});

	it('takes JSON', async () => {
		const { app } = scene();
		const { status, body } = await request(app)
			.post('/api/token')
			.set('X-API-Key', API_KEY)
			.send({ user_type: 'teacher', user_id: 'tom' });
		expect(status).toBe(200);
		expect(body).toEqual({ token: body.token, token_type: 'Bearer', expires_in: 3600, node: null });
	});

	it.each([
		['nothing', '', {}, 400, 'request_invalid'],
		['no right to ask', 'user_id=a', {}, 401, 'token_missing'],
		['a wrong key', 'user_id=a', { 'X-API-Key': 'guess' }, 403, 'forbidden'],
		['a wrong class code', 'user_id=a&class_code=guess', {}, 403, 'forbidden'],
		['an unknown user type', 'user_id=a&user_type=root', { 'X-API-Key': API_KEY }, 400, 'request_invalid'],
		['what is no name of a stream', 'user_id=a&stream=../x', { 'X-API-Key': API_KEY }, 400, 'request_invalid'],
		['an unknown action', 'user_id=a&action=own', { 'X-API-Key': API_KEY }, 400, 'request_invalid'],
		['a broken token', 'user_id=a', { Authorization: 'Bearer a.b.c' }, 401, 'token_invalid'],
	] as const)('refuses %s', async (_name, query, headers, status, code) => {
		const { ask } = scene();
		const response = await ask(query).set(headers);
		expect(response.status).toBe(status);
		expect(response.body.code).toBe(code);
		expect(response.text).not.toContain('guess');
		if (status === 401) expect(response.headers['www-authenticate']).toBe('Bearer realm="dualcast"');
	});

	it('gives a student with a class code its streams only', async () => {
		const { ask, app } = scene();
		const { body } = await ask('user_id=ann&class_code=BLUE-4711');
		const list = await request(app).get('/api/v1/streams').set('Authorization', `Bearer ${body.token}`);
		expect(list.body.map(({ id }: { id: string }) => id)).toEqual(['live/stream']);
		expect((await ask('user_id=ann&class_code=BLUE-4711&user_type=admin')).status).toBe(403);
	});

	it('is revoked by an admin, with the sessions it opened', async () => {
		const { auth, app, webrtc } = scene();
		const bearer = await bearerOf(auth, { streams: ['live/*'] });
		const offer = await request(app)
			.post('/whep/live/stream')
			.set('Authorization', bearer)
			.set('Content-Type', 'application/sdp')
			.send('v=0\r\noffer');
		expect(offer.status).toBe(201);
		const revoke = () => request(app).post('/api/token/revoke').send({ subject: 'ann' });
		expect((await revoke()).status).toBe(401);
		expect((await revoke().set('Authorization', bearer)).status).toBe(403);
		const admin = await bearerOf(auth, { subject: 'head', role: 'admin', actions: ['admin'] });
		expect((await revoke().set('Authorization', admin)).status).toBe(204);
		expect(webrtc.sessions()).toEqual([]);
		const after = await request(app).get('/api/v1/streams').set('Authorization', bearer);
		expect(after.body.code).toBe('token_revoked');
	});

	it.each([{}, { subject: '' }, { subject: 'a', token_id: 'b' }, { subject: 5 }])(
		'refuses to revoke %j',
		async (body) => {
			const { auth, app } = scene();
			const admin = await bearerOf(auth, { role: 'admin', actions: ['admin'] });
			const { status } = await request(app).post('/api/token/revoke').set('Authorization', admin).send(body);
			expect(status).toBe(400);
		},
	);
});

describe('the place of a new token', () => {
	async function holderFor(
		query: string,
		header: Record<string, string>,
		settings: Parameters<typeof testAuth>[0] = {},
	) {
		const asked: unknown[] = [];
		const auth = testAuth({ read: 'jwt', apiKeys: [API_KEY], classes: { '5b': ['*'] }, ...settings });
		const place = async (...words: unknown[]) => {
			asked.push(words);
			return { name: undefined, url: undefined };
		};
		const bearer = header.Authorization ?? '';
		const by = bearer === '' ? {} : { Authorization: await bearerOf(auth, JSON.parse(bearer)) };
		const { app } = createFixture({ auth, place });
		const answer = await request(app)
			.post(`/api/token?user_id=ann&stream=cam&${query}`)
			.set({ ...header, ...by });
		expect(answer.status).toBe(200);
		const { holder } = await auth.access.verify(answer.body.token, { address: '192.0.2.1' });
		return [...asked, holder];
	}

	it('is for the viewer alone where an API key or an admin has it given out, to a whole class perhaps', async () => {
		expect(await holderFor('', { 'X-API-Key': API_KEY })).toEqual([['cam', undefined], undefined]);
		const admin = JSON.stringify({ role: 'admin', actions: ['admin'] });
		expect(await holderFor('', { Authorization: admin })).toEqual([['cam', undefined], undefined]);
	});

	it('is none for who is not to watch', async () => {
		expect(await holderFor('user_type=admin&action=admin', { 'X-API-Key': API_KEY })).toEqual([
			[undefined, undefined],
			undefined,
		]);
	});

	it('is where its media is, and the page at the host that was asked, which knows when that place is gone', async () => {
		const place = async () => ({ name: 'sub-1', url: 'https://sub-1.example:8443' });
		const { app } = createFixture({ auth: testAuth({ read: 'jwt', apiKeys: [API_KEY] }), place });
		const asked = request(app)
			.post('/api/token?user_id=ann&stream=cam')
			.set({ 'X-API-Key': API_KEY, Host: 'main.lan' });
		const { token, node, webrtc_url, hls_url, ll_hls_url, watch_url } = (await asked).body;
		expect([node, webrtc_url, hls_url, ll_hls_url, watch_url]).toEqual([
			'sub-1',
			`https://sub-1.example:8443/whep/cam?jwt=${token}`,
			`https://sub-1.example:8443/hls/cam/index.m3u8?jwt=${token}`,
			`https://sub-1.example:8443/hls/cam/ll.m3u8?jwt=${token}`,
			`http://main.lan/watch/cam?jwt=${token}`,
		]);
	});

	it('is for who asks where anybody can, and so are those that the token gets later', async () => {
		const holder = placeHolder(undefined, '127.0.0.1');
		const address = [['cam', holder], holder];
		expect(await holderFor('', {}, { openIssuing: true })).toEqual(address);
		expect(await holderFor('class_code=BLUE-4711', {}, { classCodes: { 'BLUE-4711': '5b' } })).toEqual(address);
		const teacher = JSON.stringify({ role: 'teacher', streams: ['*'], tokenId: 'tom' });
		const tom = placeHolder({ tokenId: 'tom' } as Grant, '127.0.0.1');
		expect(tom).not.toBe(holder);
		expect(await holderFor('', { Authorization: teacher })).toEqual([['cam', tom], tom]);
	});
});

describe('S5: with tokens needed', () => {
	it.each([
		['get', '/api/v1/streams'],
		['get', '/api/v1/streams/live/stream'],
		['head', '/api/v1/streams/live/stream'],
		['get', '/api/v1/streams/live/stream/stats'],
		['get', '/api/v1/streams/live%2fstream'],
		['get', '/api/v1/streams/no-such-name'],
		['get', '/api/v1/hls/streams'],
		['get', '/api/v1/hls/streams/live/stream/stats'],
		['get', '/api/v1/webrtc/sessions'],
		['delete', '/api/v1/webrtc/sessions/d2VicnRj'],
		['post', '/api/v1/probe'],
		['post', '/whep/live/stream'],
		['get', '/whep/live/stream'],
		['head', '/whep/live/stream'],
		['delete', '/whep/sessions/c2VjcmV0IHJlc291cmNl'],
		['delete', '/whep/sessions/nothing'],
	] as const)('%s %s wants one', async (method, path) => {
		const { app } = scene();
		expect((await request(app)[method](path)).status).toBe(401);
	});

	it.each([
		['get', '/api/v1/webrtc/sessions', 403],
		['get', '/api/v1/webrtc/sessions/d2VicnRj', 403],
		['delete', '/api/v1/webrtc/sessions/d2VicnRj', 403],
		['post', '/api/v1/probe', 403],
		['get', '/api/v1/streams/constructor', 403],
		['post', '/whep/constructor', 403],
		['get', '/api/v1/streams/live/../constructor', 403],
	] as const)('%s %s is not for a student of another stream', async (method, path, status) => {
		const { auth, app } = scene();
		const bearer = await bearerOf(auth, { streams: ['live/stream'] });
		expect((await request(app)[method](path).set('Authorization', bearer)).status).toBe(status);
	});

	it('a preflight needs none', async () => {
		expect((await request(scene().app).options('/whep/live/stream')).status).toBe(204);
	});

	it("a student cannot end another's session, whose address is not told", async () => {
		const { auth, app, webrtc } = scene();
		const bearer = await bearerOf(auth, { streams: ['*'] });
		const [session] = webrtc.sessions();
		expect((await request(app).delete(`/whep/sessions/${session?.id}`).set('Authorization', bearer)).status).toBe(404);
		expect(webrtc.sessions()).toHaveLength(1);
	});
});

describe('WHEP with a token in the address', () => {
	it('tells the address of the session with the token', async () => {
		const { auth, app } = scene();
		const token = (await bearerOf(auth, { streams: ['*'] })).slice('Bearer '.length);
		const { status, headers } = await request(app)
			.post(`/whep/live/stream?jwt=${token}`)
			.set('Content-Type', 'application/sdp')
			.send('v=0\r\noffer');
		expect(status).toBe(201);
		expect(headers.location).toContain(`?jwt=${token}`);
		expect((await request(app).delete(headers.location as string)).status).toBe(200);
	});
});

describe('/api/auth', () => {
	const body = (changes: object) => ({
		...{ user: '', password: '', token: '', ip: '192.0.2.1', action: 'read', path: 'live/stream', protocol: 'webrtc' },
		...{ id: null, query: '', ...changes },
	});

	it.each([
		['a token', (token: string) => ({ token }), 200],
		['a token as the password', (token: string) => ({ user: 'any', password: token }), 200],
		['a token in the query', (token: string) => ({ query: `a=b&jwt=${token}` }), 200],
		['nothing', () => ({}), 401],
		['a token for another stream', (token: string) => ({ token, path: 'constructor' }), 403],
		['a token that does not allow publishing', (token: string) => ({ token, action: 'publish' }), 403],
		['a token that is not an admin', (token: string) => ({ token, action: 'api', path: '' }), 403],
		['something else', () => ({ action: 'fly' }), 400],
	])('answers MediaMTX about %s', async (_name, changes, status) => {
		const { auth, app } = scene();
		const token = (await bearerOf(auth, { streams: ['live/stream'] })).slice('Bearer '.length);
		const response = await request(app)
			.post('/api/auth/mediamtx')
			.send(body(changes(token)));
		expect(response.status).toBe(status);
	});

	it.each([
		['/hls/live/stream/index.m3u8', true, 204],
		['/hls/live/stream/seg1.ts?x=1', true, 204],
		['/whep/live/stream', true, 204],
		['/hls/live/stream/index.m3u8', false, 401],
		['/hls/constructor/index.m3u8', true, 403],
		['/hls/live/stream/../../constructor/index.m3u8', true, 403],
		['/elsewhere', true, 400],
	])('answers nginx about %s (with a token: %s)', async (uri, withToken, status) => {
		const { auth, app } = scene();
		const bearer = await bearerOf(auth, { streams: ['live/stream'] });
		const asked = request(app).get('/api/auth/request').set('X-Original-URI', uri);
		expect((await (withToken ? asked.set('Authorization', bearer) : asked)).status).toBe(status);
	});
});
