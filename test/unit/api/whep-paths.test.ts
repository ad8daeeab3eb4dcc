import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import request, { type Response } from 'supertest';
import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { RESOURCE } from './fake-ports.ts';

const OFFER = 'v=0\r\noffer';

function post(fixture: ReturnType<typeof createFixture>, path: string) {
	return request(fixture.app).post(path).set('Content-Type', 'application/sdp');
}

describe('an offer, with the name of its stream plain or escaped,', () => {
	const PATHS = ['/whep/live/stream', '/whep/live%2Fstream', '/live/stream/whep'];

	/** Everything of an answer but when it was given. */
	async function answers(send: (path: string) => Promise<Response>) {
		const all = [];
		for (const path of PATHS) {
			const { status, headers, text } = await send(path);
			const { date, ...others } = headers;
			expect(date).toBeDefined();
			all.push({ status, headers: others, text });
		}
		return all;
	}

	it.each([
		['is answered', OFFER, 'application/sdp', 201],
		['is refused for its type', OFFER, 'text/plain', 415],
		['is refused for its length', 'x'.repeat(64 * 1024 + 1), 'application/sdp', 413],
		['is refused for being empty', '', 'application/sdp', 400],
	])('%s in the same way', async (_what, body, type, status) => {
		const [plain, ...others] = await answers((path) =>
			post(createFixture(), path).set('Content-Type', type).send(body),
		);
		expect(plain?.status).toBe(status);
		expect(plain?.headers).toMatchObject({
			'access-control-allow-origin': '*',
			'x-content-type-options': 'nosniff',
			'referrer-policy': 'no-referrer',
		});
		expect(others).toEqual([plain, plain]);
	});

	it('needs the same token, which the address of the session has too', async () => {
		const auth = testAuth({ read: 'jwt', secret: 's'.repeat(32) });
		const token = (await bearerOf(auth, { streams: ['live/stream'] })).slice('Bearer '.length);
		const [none, ...others] = await answers((path) => post(createFixture({ auth }), path).send(OFFER));
		expect([none?.status, none?.headers['www-authenticate']]).toEqual([401, 'Bearer realm="dualcast"']);
		expect(others).toEqual([none, none]);
		for (const { status, headers } of await answers((path) =>
			post(createFixture({ auth }), `${path}?jwt=${token}`).send(OFFER),
		)) {
			expect([status, headers.location]).toEqual([201, `/whep/sessions/${RESOURCE}?jwt=${token}`]);
		}
	});

	it.each(['Basic ', 'Basic dXNlcjo=', 'Digest x', 'Bearer ', 'Negotiate abc'])(
		'has the token of its address in that of the session, with Authorization: %s for somebody in front',
		async (authorization) => {
			const auth = testAuth({ read: 'jwt', secret: 's'.repeat(32) });
			const token = (await bearerOf(auth, { streams: ['live/stream'] })).slice('Bearer '.length);
			const { status, headers } = await post(createFixture({ auth }), `/whep/live/stream?jwt=${token}`)
				.set('Authorization', authorization)
				.send(OFFER);
			expect([status, headers.location]).toEqual([201, `/whep/sessions/${RESOURCE}?jwt=${token}`]);
		},
	);

	it('is asked of the service with the address the proxy tells', async () => {
		const asked: { ip: string; path: string; query: string }[] = [];
		const hook = createServer(async (incoming, response) => {
			asked.push((await json(incoming)) as (typeof asked)[number]);
			response.end();
		}).listen(0, '127.0.0.1');
		await once(hook, 'listening');
		const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
		const auth = testAuth({ read: 'http', http: { url, timeout: 5_000, cache: 0 } });
		const security = { pageHosts: [], proxies: new TrustedProxies(['127.0.0.1', '::1', '::ffff:127.0.0.1']) };
		const all = await answers((path) =>
			post(createFixture({ auth, security }), `${path}?a=b`).set('X-Forwarded-For', '192.0.2.7').send(OFFER),
		);
		hook.close();
		expect(all.map(({ status }) => status)).toEqual([201, 201, 201]);
		expect(asked).toHaveLength(3);
		for (const each of asked) expect(each).toMatchObject({ ip: '192.0.2.7', path: 'live/stream', query: 'a=b' });
		// It may know the viewer by it when it is asked about the session.
		for (const { headers } of all) expect(headers.location).toBe(`/whep/sessions/${RESOURCE}?a=b`);
	});
});
