import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';
import { createFixture, testAuth } from './api-fixture.ts';

const OWN = [
	'127.0.0.1:8107',
	'[::1]:8107',
	'localhost',
	'gateway',
	'cams.local',
	'CAMS.LAN:80',
	'x.home.arpa',
	'gateway.',
	'',
];
const FOREIGN = ['rebound.example', 'rebound.example:8107', 'localhost.evil.example', '127.0.0.1.evil.example', 'a.b'];

function fixture(pageHosts: readonly string[] = [], read: 'public' | 'jwt' = 'public', proxies: string[] = []) {
	return createFixture({
		auth: testAuth({ read }),
		probe: { run: async () => ({}) as never },
		security: { pageHosts, proxies: new TrustedProxies(proxies) },
	}).app;
}

function probe(app: ReturnType<typeof fixture>, headers: Record<string, string>) {
	return request(app).post('/api/v1/probe').set(headers).send({ source: 'rtsp://192.0.2.1/' });
}

describe('S12: a name that was made to mean this machine', () => {
	it.each(OWN)('is not %j', async (host) => {
		expect((await probe(fixture(), { Host: host })).status).toBe(200);
	});

	it.each(FOREIGN)('may be %j: nothing can be started under it, but watched', async (host) => {
		const { status, body } = await probe(fixture(), { Host: host });
		expect([status, body.code]).toEqual([421, 'host_unknown']);
		expect(body.detail).toContain('security.page_hosts');
		for (const path of ['/api/v1/streams', '/livez']) {
			expect((await request(fixture()).get(path).set('Host', host)).status).toBe(200);
		}
		const offer = request(fixture()).post('/whep/live/stream').set({ Host: host, 'Content-Type': 'application/sdp' });
		expect((await offer.send('v=0')).status).not.toBe(421);
	});

	it.each(FOREIGN)('is refused everything but media as %j when the names are known', async (host) => {
		const app = fixture(['cams.example']);
		for (const path of ['/', '/watch/live/stream', '/api/v1/streams', '/api/openapi.json']) {
			expect((await request(app).get(path).set('Host', host)).status, path).toBe(421);
		}
		expect((await request(app).get('/livez').set('Host', host)).status).toBe(200);
		expect((await request(app).get('/whep/live/stream').set('Host', host)).status).toBe(204);
		expect((await request(app).get('/api/v1/streams').set('Host', 'Cams.Example:443')).status).toBe(200);
	});

	it('is told by a trusted proxy, by nobody else', async () => {
		const headers = { Host: 'rebound.example', 'X-Forwarded-Host': 'localhost' };
		expect((await probe(fixture(), headers)).status).toBe(421);
		expect((await probe(fixture([], 'public', ['127.0.0.1']), headers)).status).toBe(200);
	});

	it('gains nothing where a token is needed anyway', async () => {
		expect((await probe(fixture([], 'jwt'), { Host: 'rebound.example' })).status).toBe(401);
	});
});

describe("S12: another site's page", () => {
	it.each([
		[{ 'Sec-Fetch-Site': 'cross-site' }, 403],
		[{ 'Sec-Fetch-Site': 'same-site' }, 403],
		[{ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://rewritten.example' }, 200],
		[{ 'Sec-Fetch-Site': 'none' }, 200],
		[{ Origin: 'http://evil.example' }, 403],
		[{ Origin: 'null' }, 403],
		[{ Origin: 'http://gateway:9999' }, 403],
		[{ Origin: 'http://gateway:8107' }, 200],
		[{}, 200],
	])('that sends %j gets %i', async (headers, status) => {
		const answer = await probe(fixture(), { Host: 'gateway:8107', ...(headers as Record<string, string>) });
		expect(answer.status).toBe(status);
	});

	it('is told of page_hosts where that helps: a browser that compared the sites itself is believed', async () => {
		const ask = (headers: Record<string, string>) =>
			probe(fixture(['cams.example']), { Host: 'gateway:8107', ...headers });
		const unknown = await ask({ Origin: 'http://evil.example' });
		expect(unknown.body).toMatchObject({ status: 403, config_key: 'security.page_hosts' });
		for (const headers of [{ Origin: 'http://cams.example', 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'null' }]) {
			const { body } = await ask(headers as Record<string, string>);
			expect(body).toMatchObject({ status: 403, detail: expect.stringContaining('pages of this gateway') });
			expect(JSON.stringify(body)).not.toContain('page_hosts');
		}
	});

	it('is none where only the letters of the name differ in size', async () => {
		const headers = { Host: 'GateWay:8107', Origin: 'http://gateway:8107' };
		expect((await probe(fixture(), headers)).status).toBe(200);
	});

	it('may be one of ours under another name', async () => {
		const headers = { Host: '127.0.0.1:8107', Origin: 'http://cams.example' };
		expect((await probe(fixture(['cams.example']), headers)).status).toBe(200);
	});

	it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
		'cannot start anything by a form of type %j',
		async (type) => {
			const app = fixture();
			const answer = await request(app)
				.post('/api/v1/probe')
				.set(type === '' ? {} : { 'Content-Type': type })
				.send('{"source":"rtsp://192.0.2.1/"}');
			expect(answer.status).toBe(415);
		},
	);

	it('is not let read the API, nor told how to ask', async () => {
		const app = fixture();
		const headers = { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST' };
		for (const path of ['/api/v1/probe', '/api/v1/streams', '/api/token', '/']) {
			for (const answer of [await request(app).options(path).set(headers), await request(app).get(path).set(headers)]) {
				expect(answer.headers['access-control-allow-origin'], path).toBeUndefined();
				expect(answer.headers['access-control-allow-credentials'], path).toBeUndefined();
			}
		}
	});
});
