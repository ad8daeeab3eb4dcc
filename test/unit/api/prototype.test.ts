import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createFixture, testAuth } from './api-fixture.ts';

const BODIES = [
	'{"__proto__": {"polluted": true}, "source": "rtsp://192.0.2.1/", "user_id": "ann"}',
	'{"constructor": {"prototype": {"polluted": true}}, "source": "rtsp://192.0.2.1/", "user_id": "ann"}',
	'{"source": {"__proto__": {"polluted": true}}, "user_id": {"__proto__": {"polluted": true}}}',
	'{"source": "rtsp://192.0.2.1/", "tls": {"__proto__": {"insecure": true, "polluted": true}}, "subject": "__proto__"}',
	'["__proto__"]',
	'"__proto__"',
	'null',
];

describe('S3: names that mean something to JavaScript', () => {
	const { app, log } = createFixture({
		auth: testAuth({ openIssuing: true, classes: { '5b': ['yard'] }, classCodes: { 'BLUE-4711': '5b' } }),
		probe: { run: async () => ({}) as never },
	});

	it.each(BODIES)('change nothing in the body %s', async (body) => {
		for (const path of ['/api/v1/probe', '/api/token', '/api/token/revoke', '/api/auth/mediamtx']) {
			const answer = await request(app).post(path).set('Content-Type', 'application/json').send(body);
			expect(answer.status, path).not.toBe(500);
			expect(({} as Record<string, unknown>).polluted, path).toBeUndefined();
		}
		expect(log).toEqual([]);
	});

	it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
		'are no class code: %s',
		async (name) => {
			const query = `user_id=ann&class_code=${name}`;
			expect((await request(app).post(`/api/token?${query}`)).status).toBe(403);
			expect((await request(app).post('/api/token?__proto__[polluted]=1&user_id=ann')).status).toBe(400);
			expect(({} as Record<string, unknown>).polluted).toBeUndefined();
		},
	);
});
