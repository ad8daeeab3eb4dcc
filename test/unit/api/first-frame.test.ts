import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { RESOURCE } from './fake-ports.ts';

const PATH = `/whep/sessions/${RESOURCE}/first-frame`;

describe('POST /whep/sessions/:session/first-frame', () => {
	it.each([0, 123.4, 600_000])('takes %d ms', async (after) => {
		const { app, webrtc } = createFixture();
		const { status, text, headers } = await request(app).post(PATH).send({ after_ms: after });
		expect([status, text]).toEqual([204, '']);
		expect(headers['access-control-allow-origin']).toBe('*');
		expect(webrtc.shown).toEqual([after]);
	});

	it.each([
		['{"after_ms":-1}', 400],
		['{"after_ms":600001}', 400],
		['{"after_ms":"5"}', 400],
		['{"after_ms":1e999}', 400],
		['{"after_ms":5,"more":1}', 400],
		['{}', 400],
		['[]', 400],
		['', 400],
		['{"after_ms":', 400],
		[`{"after_ms":1${' '.repeat(1024)}}`, 413],
	])('refuses %s', async (body, expected) => {
		const { app, webrtc } = createFixture();
		const { status, headers } = await request(app).post(PATH).set('Content-Type', 'application/json').send(body);
		expect(status).toBe(expected);
		expect(headers['content-type']).toBe('application/problem+json');
		expect(webrtc.shown).toEqual([]);
	});

	it.each([
		['{"after":5}', 'after_ms: expected milliseconds, 0 to 600000; after: is unknown; expected {"after_ms": …}'],
		['[]', 'expected {"after_ms": …}'],
	])('says what is wrong with %s', async (body, detail) => {
		const answer = await request(createFixture().app).post(PATH).set('Content-Type', 'application/json').send(body);
		expect(answer.body.detail).toBe(detail);
	});

	it('takes JSON only, and says so', async () => {
		const { status, headers } = await request(createFixture().app).post(PATH).type('text/plain').send('5');
		expect([status, headers['accept-post']]).toEqual([415, 'application/json']);
	});

	it('is there as long as its session', async () => {
		const { app, webrtc } = createFixture();
		await request(app).delete(`/whep/sessions/${RESOURCE}`);
		const { status, body } = await request(app).post(PATH).send({ after_ms: 1 });
		expect([status, body.code, webrtc.shown]).toEqual([404, 'session_not_found', []]);
		const off = createFixture({ webrtc: undefined });
		expect((await request(off.app).post(PATH).send({ after_ms: 1 })).body.code).toBe('webrtc_disabled');
	});

	it('takes the right to read the stream, as the session does', async () => {
		const auth = testAuth({ read: 'jwt', secret: 's'.repeat(32) });
		const { app, webrtc } = createFixture({ auth });
		const send = () => request(app).post(PATH).send({ after_ms: 1 });
		expect((await send()).status).toBe(401);
		expect((await send().set('Authorization', await bearerOf(auth, { streams: ['other'] }))).status).toBe(403);
		expect(webrtc.shown).toEqual([]);
		expect((await send().set('Authorization', await bearerOf(auth, { streams: ['live/stream'] }))).status).toBe(204);
	});

	it('may be asked by pages of other sites', async () => {
		const { app } = createFixture();
		const { status, headers } = await request(app).options(PATH).set('Origin', 'https://site.example');
		expect(status).toBe(204);
		expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'accept-post': 'application/json' });
		expect(headers['access-control-allow-methods']).toContain('POST');
		expect(headers['access-control-allow-headers']).toContain('Content-Type');
		const sent = await request(app).post(PATH).set('Sec-Fetch-Site', 'cross-site').send({ after_ms: 1 });
		expect(sent.status).toBe(204);
	});

	it('has no other methods', async () => {
		const { status, headers } = await request(createFixture().app).get(PATH);
		expect([status, headers.allow]).toEqual([405, 'POST, OPTIONS']);
	});
});
