import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
	hlsStatsSchema,
	hlsStreamSchema,
	livenessSchema,
	problemSchema,
	readinessSchema,
	sessionDetailsSchema,
	sessionSchema,
	streamSchema,
	streamStatsSchema,
} from '../../../src/api/schemas.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { CONNECTION, HLS_STATS, SESSION, STREAM, STREAM_STATS } from './fake-ports.ts';

const { app } = createFixture();

describe('resources', () => {
	it.each<[string, z.ZodType, unknown]>([
		['/api/v1/streams', streamSchema.array(), [STREAM, { ...STREAM, id: 'constructor' }]],
		['/api/v1/streams/live/stream', streamSchema, STREAM],
		['/api/v1/streams/live%2Fstream', streamSchema, STREAM],
		['/api/v1/streams/constructor', streamSchema, { ...STREAM, id: 'constructor' }],
		['/api/v1/streams/live/stream/stats', streamStatsSchema, STREAM_STATS],
		['/api/v1/hls/streams/live/stream/stats', hlsStatsSchema, HLS_STATS],
		['/api/v1/webrtc/sessions', sessionSchema.array(), [SESSION]],
		['/api/v1/webrtc/sessions?jwt=x&stream=live%2Fstream', sessionSchema.array(), [SESSION]],
		['/api/v1/webrtc/sessions?stream=other', sessionSchema.array(), []],
		['/api/v1/webrtc/sessions//', sessionSchema.array(), [SESSION]],
		[`/api/v1/webrtc/sessions/${SESSION.id}`, sessionDetailsSchema, { ...SESSION, connection: CONNECTION }],
		['/livez', livenessSchema, { status: 'ok', version: '1.2.3' }],
		['/readyz', readinessSchema, { status: 'ready', problems: [] }],
	])('%s', async (path, schema, expected) => {
		const { status, headers, body } = await request(app).get(path);
		expect(status).toBe(200);
		expect(headers['content-type']).toMatch(/^application\/json/);
		expect(headers['x-content-type-options']).toBe('nosniff');
		expect(headers['x-powered-by']).toBeUndefined();
		expect(body).toEqual(expected);
		expect(schema.parse(body)).toEqual(expected);
		expect((await request(app).head(path)).status).toBe(200);
		const refused = await request(app).post(path).send('{}');
		expect(refused.status).toBe(405);
		expect(refused.headers.allow).toMatch(/^GET, HEAD/);
	});

	it('show a running HLS output without its counters, with its playlist', async () => {
		const { body } = await request(app).get('/api/v1/hls/streams/live/stream');
		expect(hlsStreamSchema.parse(body)).toMatchObject({
			stream_id: 'live/stream',
			media_sequence: 17,
			playlist: '/hls/live/stream/index.m3u8',
		});
		expect((await request(app).get('/api/v1/hls/streams')).body).toEqual([body]);
	});

	it('say why the gateway is not ready', async () => {
		const unready = createFixture({ readiness: { problems: () => ['shutting down'] } });
		const { status, body } = await request(unready.app).get('/readyz');
		expect(status).toBe(503);
		expect(readinessSchema.parse(body).problems).toEqual(['shutting down']);
		expect((await request(unready.app).get('/livez')).status).toBe(200);
	});

	it('tell by HEAD, without asking the viewers, who may see them', async () => {
		const auth = testAuth({ read: 'jwt', secret: 's'.repeat(32) });
		const fixture = createFixture({ auth });
		fixture.webrtc.sessions = () => expect.unreachable();
		const path = '/api/v1/webrtc/sessions?stream=live%2Fstream';
		expect((await request(fixture.app).head(path)).status).toBe(401);
		const student = await bearerOf(auth, { streams: ['*'] });
		expect((await request(fixture.app).head(path).set('Authorization', student)).status).toBe(403);
		const admin = await bearerOf(auth, { actions: ['admin'] });
		expect((await request(fixture.app).head(path).set('Authorization', admin)).status).toBe(200);
	});

	it('end a WebRTC session once, for an admin', async () => {
		const auth = testAuth();
		const fixture = createFixture({ auth });
		const path = `/api/v1/webrtc/sessions/${SESSION.id}`;
		const bearer = await bearerOf(auth, { actions: ['admin'] });
		for (const refused of [undefined, await bearerOf(auth, { streams: ['*'] })]) {
			const attempt = request(fixture.app).delete(path);
			const { status } = await (refused === undefined ? attempt : attempt.set('Authorization', refused));
			expect(status).toBe(refused === undefined ? 401 : 403);
		}
		expect((await request(fixture.app).delete(path).set('Authorization', bearer)).status).toBe(204);
		const again = await request(fixture.app).delete(path).set('Authorization', bearer);
		expect(again.status).toBe(404);
		expect(again.body.code).toBe('session_not_found');
	});

	it('are not cached and not readable by other sites', async () => {
		const { headers } = await request(app).get('/api/v1/streams').set('Origin', 'https://evil.example');
		expect(headers['cache-control']).toBe('no-store');
		expect(headers).not.toHaveProperty('access-control-allow-origin');
	});
});

describe('problems', () => {
	it.each([
		['/api/v1/streams/no-such-name', 404, 'stream_not_found'],
		['/api/v1/streams/no-such-name/stats', 404, 'stream_not_found'],
		['/api/v1/streams/__proto__', 404, 'stream_not_found'],
		['/api/v1/streams/toString', 404, 'stream_not_found'],
		['/api/v1/streams/live/stream/', 404, 'stream_not_found'],
		['/api/v1/streams/%ff', 404, 'not_found'],
		['/API/v1/streams', 404, 'not_found'],
		['/api/v1/hls/streams/no-such-name', 404, 'stream_not_found'],
		['/api/v1/hls/streams/constructor', 404, 'hls_not_found'],
		['/api/v1/webrtc/sessions/no-such-name', 404, 'session_not_found'],
		['/api/v1', 404, 'not_found'],
		['/nothing', 404, 'not_found'],
		['/hls/no-such-name/x', 404, 'not_found'],
	])('%s is %d %s', async (path, status, code) => {
		const response = await request(app).get(path);
		expect(response.status).toBe(status);
		expect(response.headers['content-type']).toBe('application/problem+json');
		const problem = problemSchema.parse(response.body);
		expect(problem).toMatchObject({ status, code, type: `urn:dualcast:problem:${code}` });
		expect(problem.detail).not.toContain('no-such-name');
	});

	it('says to a HEAD that WebRTC is off: pages ask so whether there are viewers to show', async () => {
		const { app } = createFixture({ webrtc: undefined });
		expect((await request(app).head('/api/v1/webrtc/sessions')).status).toBe(503);
	});

	it.each([
		['get', '/api/v1/hls/streams', 'hls_disabled', 'hls.enabled'],
		['get', '/api/v1/hls/streams/live/stream/stats', 'hls_disabled', 'hls.enabled'],
		['get', '/hls/live/stream/index.m3u8', 'hls_disabled', 'hls.enabled'],
		['get', '/api/v1/webrtc/sessions', 'webrtc_disabled', 'webrtc.enabled'],
		['post', '/whep/live/stream', 'webrtc_disabled', 'webrtc.enabled'],
		['delete', '/whep/sessions/x', 'webrtc_disabled', 'webrtc.enabled'],
	] as const)('%s %s names the key when the output is off', async (method, path, code, key) => {
		const off = createFixture({ hls: undefined, webrtc: undefined });
		const { status, headers, body } = await request(off.app)[method](path);
		expect(status).toBe(503);
		expect(headers['retry-after']).toBe('60');
		expect(body).toMatchObject({ code, config_key: key });
		expect(body.detail).toContain(`set ${key} to true`);
	});
});

describe('/api/openapi.json', () => {
	it('names every route, with references that lead somewhere', async () => {
		const { body } = await request(app).get('/api/openapi.json');
		expect(body.openapi).toBe('3.1.0');
		expect(Object.keys(body.paths)).toHaveLength(30);
		const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
		expect(references.length).toBeGreaterThan(10);
		for (const [, name] of references) expect(body.components.schemas).toHaveProperty(name ?? '');
		expect(body.components.schemas.Problem.properties.code.enum).toContain('camera_unauthorized');
	});
});
