import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import request from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { connectionSchema } from '../../../src/api/schemas.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { CONNECTION, RESOURCE, SESSION } from './fake-ports.ts';

const FRAGMENT = 'application/trickle-ice-sdpfrag';

describe('a WHEP session', () => {
	it('is ended once', async () => {
		const { app } = createFixture();
		const path = `/whep/sessions/${RESOURCE}`;
		expect((await request(app).get(path)).status).toBe(204);
		expect((await request(app).delete(path).set('If-Match', '"x"')).status).toBe(200);
		expect((await request(app).delete(path)).status).toBe(404);
		expect((await request(app).get(path)).status).toBe(404);
	});

	it('is there for HEAD, and says no more', async () => {
		const { app } = createFixture();
		const { status, headers, text } = await request(app).head(`/whep/sessions/${RESOURCE}`);
		expect([status, headers['access-control-allow-origin'], text]).toEqual([204, '*', undefined]);
		expect((await request(app).head('/whep/sessions/nobody')).status).toBe(404);
	});

	it('that is over is not found, without a question to the service that decides who watches', async () => {
		const asked: unknown[] = [];
		const hook = createServer(async (incoming, response) => {
			const wish = (await json(incoming)) as { action: string; path: string };
			asked.push([wish.action, wish.path]);
			response.writeHead(wish.path === SESSION.stream_id ? 200 : 401).end();
		}).listen(0, '127.0.0.1');
		await once(hook, 'listening');
		const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
		const auth = testAuth({ read: 'http', http: { url, timeout: 5_000, cache: 0 } });
		const { app } = createFixture({ auth });
		const path = `/whep/sessions/${RESOURCE}`;
		const first = await request(app).delete(path);
		const again = await request(app).delete(path);
		const patched = await request(app).patch(path).set('Content-Type', FRAGMENT).send('a=ice-ufrag:known');
		hook.close();
		expect([first.status, again.status, patched.status]).toEqual([200, 404, 404]);
		expect(again.body.code).toBe('session_not_found');
		expect(again.headers['access-control-allow-origin']).toBe('*');
		expect(asked).toEqual([['read', SESSION.stream_id]]);
	});

	it('tells its viewer where connecting stands', async () => {
		const { app } = createFixture();
		const path = `/whep/sessions/${RESOURCE}`;
		const { status, body } = await request(app).get(path).set('Accept', 'application/json');
		expect(status).toBe(200);
		expect(connectionSchema.parse(body)).toEqual(CONNECTION);
		expect((await request(app).get(path).set('Accept', 'application/sdp')).status).toBe(204);
	});

	const patch = (fixture: ReturnType<typeof createFixture>, body: string, ifMatch?: string, type = FRAGMENT) => {
		const sent = request(fixture.app).patch(`/whep/sessions/${RESOURCE}`).set('Content-Type', type);
		return (ifMatch === undefined ? sent : sent.set('If-Match', ifMatch)).send(body);
	};

	it('takes trickled candidates', async () => {
		const fixture = createFixture();
		const { status, text, headers } = await patch(fixture, 'a=ice-ufrag:known', `"${SESSION.id}-1"`);
		expect([status, text]).toEqual([204, '']);
		expect(headers).not.toHaveProperty('etag');
	});

	it.each(['*', `"${SESSION.id}-1"`, `"other", "${SESSION.id}-1"`])(
		'restarts ICE for If-Match: %s',
		async (ifMatch) => {
			const { status, text, headers } = await patch(createFixture(), 'a=ice-ufrag:restart', ifMatch);
			expect([status, text]).toEqual([200, 'a=ice-ufrag:ours']);
			expect(headers['content-type']).toBe(FRAGMENT);
			expect(headers.etag).toBe(`"${SESSION.id}-2"`);
			expect(headers['cache-control']).toBe('no-store');
		},
	);

	it.each([
		['no If-Match', undefined, FRAGMENT, 'a=ice-ufrag:known', 428, 'precondition_required'],
		['the tag of an earlier ICE session', '"d2VicnRj-0"', FRAGMENT, 'a=ice-ufrag:known', 412, 'precondition_failed'],
		[
			'a weak tag, which never matches',
			`W/"${SESSION.id}-1"`,
			FRAGMENT,
			'a=ice-ufrag:known',
			412,
			'precondition_failed',
		],
		['an empty If-Match', '', FRAGMENT, 'a=ice-ufrag:known', 412, 'precondition_failed'],
		['another type', '*', 'application/sdp', 'a=ice-ufrag:known', 415, 'unsupported_media_type'],
		['what is no fragment', '*', FRAGMENT, 'nonsense', 400, 'offer_invalid'],
	])('refuses %s and lives on', async (_what, ifMatch, type, body, status, code) => {
		const fixture = createFixture();
		const response = await patch(fixture, body, ifMatch, type);
		expect(response.status).toBe(status);
		expect(response.body.code).toBe(code);
		expect(response.headers['access-control-allow-origin']).toBe('*');
		if (status === 415) expect(response.headers['accept-patch']).toBe(FRAGMENT);
		expect(fixture.webrtc.sessions()).toHaveLength(1);
	});

	it('that restarts ICE too often is asked to wait', async () => {
		const fixture = createFixture();
		vi.spyOn(fixture.webrtc, 'updateIce').mockImplementation(() => {
			throw new DualcastError('rate_limited', 'too often');
		});
		const { status, headers, body } = await patch(fixture, 'a=ice-ufrag:restart', '*');
		expect([status, headers['retry-after'], body.code]).toEqual([429, '5', 'rate_limited']);
	});

	it('has no other methods', async () => {
		const { status, headers } = await request(createFixture().app).put(`/whep/sessions/${RESOURCE}`);
		expect([status, headers.allow]).toEqual([405, 'GET, HEAD, PATCH, DELETE, OPTIONS']);
	});
});

describe('a WHEP session of a stream that needs a token', () => {
	const path = `/whep/sessions/${RESOURCE}`;
	const scene = () => {
		const auth = testAuth({ read: 'jwt', secret: 's'.repeat(32) });
		return { auth, ...createFixture({ auth }) };
	};

	/** Asks everything of it, its end last. */
	async function ask(app: ReturnType<typeof scene>['app'], bearer?: string) {
		const answers = [];
		for (const method of ['get', 'patch', 'delete'] as const) {
			const asked = request(app)[method](path);
			if (bearer !== undefined) asked.set('Authorization', bearer);
			if (method === 'patch') asked.set('Content-Type', FRAGMENT).set('If-Match', '*').send('a=ice-ufrag:restart');
			answers.push(await asked);
		}
		return answers;
	}

	it('is not for who has none', async () => {
		const { app, webrtc } = scene();
		for (const { status, headers } of await ask(app)) {
			expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="dualcast"']);
			expect(headers['access-control-allow-origin']).toBe('*');
		}
		expect([webrtc.sessions().length, webrtc.restarts]).toEqual([1, []]);
	});

	it('is not for who may see another stream alone', async () => {
		const { app, auth, webrtc } = scene();
		const bearer = await bearerOf(auth, { streams: ['constructor'] });
		for (const { status } of await ask(app, bearer)) expect(status).toBe(403);
		expect([webrtc.sessions().length, webrtc.restarts]).toEqual([1, []]);
	});

	it('is for who may see the stream', async () => {
		const { app, auth } = scene();
		const answers = await ask(app, await bearerOf(auth, { streams: [SESSION.stream_id] }));
		expect(answers.map(({ status }) => status)).toEqual([204, 200, 200]);
	});

	it.each([path, `${path}/first-frame`])('is asked about first by other sites without one: %s', async (each) => {
		expect((await request(scene().app).options(each)).status).toBe(204);
	});
});
