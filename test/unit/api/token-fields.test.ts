import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';

const API_KEY = 'the key of the school, thirty-two bytes';

function scene() {
	const auth = testAuth({ read: 'jwt', apiKeys: [API_KEY] });
	const { app } = createFixture({ auth });
	return { app, auth, ask: (query: string) => request(app).post(`/api/token?${query}`) };
}

describe('POST /api/token', () => {
	it.each([
		['', 'user_id: is missing'],
		['user_id=', 'user_id: must not be empty'],
		['user_id=a&user_type=root', 'user_type: expected one of student, teacher, admin'],
		['user_id=a&stream=../x', 'stream: expected the name of a stream, prefix/*, class:NAME or *'],
		['user_id=a&streams=yard', 'streams: is unknown; the fields are user_id, user_type, action, stream, class_code'],
		['user_id=a&stream=yard&stream=room', 'stream: is given twice; ask for one token after the other'],
	])('says what is wrong with ?%s', async (query, detail) => {
		const { status, body } = await scene().ask(query).set('X-API-Key', API_KEY);
		expect([status, body.detail]).toEqual([400, detail]);
		expect(body.field).toBe(detail.split(':')[0]);
	});

	it('takes the token that stands in the query for no field', async () => {
		const { ask, auth } = scene();
		const token = (await bearerOf(auth, { role: 'teacher', streams: ['*'] })).slice('Bearer '.length);
		for (const name of ['jwt', 'token']) expect((await ask(`user_id=ann&${name}=${token}`)).status).toBe(200);
	});

	it.each<[string, unknown, RegExp]>([
		['a number for a name', { user_id: 5 }, /^user_id: expected text/],
		['a misspelt field', { user_id: 'a', streams: 'yard' }, /^streams: is unknown; the fields are user_id,/],
		['other text as the name of a field', { user_id: 'a', 'CANARY p@ss': 1 }, /^a field is unknown; the fields are/],
		['no object', '"ann"', /^expected the fields .* such as \{"user_id": "ann"\}/],
		['a list', '["ann"]', /^expected the fields/],
		['what is no JSON', "{'user_id': 'CANARY'}", /^the body cannot be read as JSON; .*double quotes/],
	])('refuses %s in the body', async (_name, body, detail) => {
		const { app } = scene();
		const asked = request(app).post('/api/token').set('X-API-Key', API_KEY).set('Content-Type', 'application/json');
		const answer = await asked.send(body as object);
		expect(answer.status).toBe(400);
		expect(answer.body).toMatchObject({ code: 'request_invalid', detail: expect.stringMatching(detail) });
		expect(answer.text).not.toContain('CANARY');
	});

	it('says what is taken back when there is more in the body', async () => {
		const { app, auth } = scene();
		const admin = await bearerOf(auth, { role: 'admin', actions: ['admin'] });
		const asked = request(app).post('/api/token/revoke').set('Authorization', admin).send({ subject: 'ann', at: 1 });
		expect((await asked).body.detail).toBe('at: is unknown; expected {"subject": …} or {"token_id": …}');
	});

	it.each(['/api/token?user_id=a', '/api/token/revoke', '/api/auth/mediamtx'])(
		'does not overlook a form sent to %s',
		async (path) => {
			const { app, auth } = scene();
			const admin = await bearerOf(auth, { role: 'admin', actions: ['admin'] });
			const asked = request(app).post(path).set('Authorization', admin).type('form').send({ stream: 'yard' });
			const { status, body, headers } = await asked;
			expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
			expect(body.detail).toContain('Content-Type: application/json');
			expect(headers['accept-post']).toBe('application/json');
		},
	);
});
