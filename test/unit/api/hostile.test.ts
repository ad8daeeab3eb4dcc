import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFixture } from './api-fixture.ts';

const fixture = createFixture();
let server: Server;

beforeAll(async () => {
	server = createServer(fixture.app).listen(0, '127.0.0.1');
	await once(server, 'listening');
});
afterAll(async () => {
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
});

/** The path goes out as it is: no client library tidies it up. */
function send(method: string, path: string, headers: Record<string, string>, body: Uint8Array): Promise<number> {
	return new Promise((resolve, reject) => {
		const { port } = server.address() as AddressInfo;
		const outgoing = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
			response.resume().on('end', () => resolve(response.statusCode ?? 0));
		});
		outgoing.on('error', reject);
		outgoing.end(body);
	});
}

const prefix = fc.constantFrom('/', '/api/v1/streams/', '/api/v1/hls/streams/', '/api/v1/webrtc/sessions/', '/whep/');
const moreprefix = fc.constantFrom('/whep/sessions/', '/watch/', '/assets/', '/hls/', '/livez/', '/whep/live/stream');
const piece = fc.oneof(
	fc.constantFrom(
		'..',
		'.',
		'%2e%2e%2f',
		'%2e%2e%5c',
		'%00',
		'%c0%ae',
		'%ff',
		'%',
		'//',
		'__proto__',
		'stats',
		'*',
		':',
	),
	fc.constant('x'.repeat(10_000)),
	fc.stringMatching(/^[!-~]{0,12}$/),
);
const path = fc
	.tuple(fc.oneof(prefix, moreprefix), fc.array(piece, { maxLength: 4 }))
	.map(([start, pieces]) => start + pieces.join('/'));
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
const type = fc.constantFrom('application/sdp', 'application/json', 'text/html', ';', '');

describe('whatever is asked', () => {
	it('is answered, and never with an internal error', { timeout: 240_000 }, async () => {
		await fc.assert(
			fc.asyncProperty(method, path, type, fc.uint8Array({ maxLength: 300 }), async (method, path, type, body) => {
				const status = await send(method, path, { 'Content-Type': type }, body);
				expect(status).toBeGreaterThanOrEqual(200);
				expect(status === 500).toBe(false);
			}),
			{ numRuns: 300 },
		);
		expect(fixture.log).toEqual([]);
	});

	it('leaves the API working', async () => {
		expect(await send('GET', '/api/v1/streams', {}, new Uint8Array())).toBe(200);
	});
});
