import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Auth } from '../../../src/auth/auth.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';

type Event = { type: string; data: object };

/** A guide, and what its players heard and did. */
function listening() {
	const said = { tell: (_event: Event) => {}, joined: 0, left: 0 };
	const guide = {
		size: 0,
		join(listener: typeof said.tell) {
			said.joined += 1;
			said.tell = listener;
			listener({ type: 'place', data: { node: 'sub1', mains: [] } });
			return () => {
				said.left += 1;
			};
		},
	};
	return { guide, said };
}

/** The API at a port; `closed` when the first answer is over. */
async function served(app: Parameters<typeof createServer>[1]) {
	const server = createServer(app).listen(0, '127.0.0.1');
	onTestFinished(() => void server.close());
	const closed = new Promise<void>((resolve) => {
		server.once('request', (_request, response) => response.once('close', () => resolve()));
	});
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return { port, closed, url: `http://127.0.0.1:${port}/api/v1/cluster/guide` };
}

function readerOf({ body }: Response) {
	if (!body) throw new Error('no events');
	return body.pipeThrough(new TextDecoderStream()).getReader();
}

describe('GET /api/v1/cluster/guide', () => {
	it('is empty outside a cluster', async () => {
		const { status, headers } = await request(createFixture().app).get('/api/v1/cluster/guide');
		expect([status, headers['access-control-allow-origin']]).toEqual([204, '*']);
	});

	it('answers GET alone: a HEAD would wait for the end of events that have none', async () => {
		let players = 0;
		const guide = { size: 0, join: () => () => void players++ };
		const { app } = createFixture({ guide });
		const { status, headers } = await request(app).head('/api/v1/cluster/guide').timeout(5000);
		expect([status, headers.allow, headers['access-control-allow-origin'], players]).toEqual([405, 'GET', '*', 0]);
	});

	it('is for those who may watch something, as long as there is room', async () => {
		const guide = { size: 20_000, join: () => () => {} };
		const auth = testAuth({ read: 'jwt' });
		const { app } = createFixture({ auth, guide });
		expect((await request(app).get('/api/v1/cluster/guide')).status).toBe(401);
		const may = await bearerOf(auth, { streams: ['cam'] });
		expect((await request(app).get('/api/v1/cluster/guide').set('Authorization', may)).status).toBe(204);
	});

	it('is judged by the stream that the viewer watches', async () => {
		const guide = { size: 20_000, join: () => () => {} };
		const auth = testAuth({ read: 'jwt' });
		const { app } = createFixture({ auth, guide });
		const may = await bearerOf(auth, { streams: ['room/5'] });
		const status = async (query: string) =>
			(await request(app).get(`/api/v1/cluster/guide?${query}`).set('Authorization', may)).status;
		expect(await status('stream=room%2F5')).toBe(204);
		expect(await status('stream=cam')).toBe(403);
		expect(await status('stream=')).toBe(204);
		expect(await status('stream=cam&stream=room%2F5')).toBe(403);
	});

	it('names it to the service that decides who may read', async () => {
		const asked: unknown[] = [];
		const hook = createServer((incoming, response) => {
			let body = '';
			incoming.on('data', (chunk) => {
				body += chunk;
			});
			incoming.on('end', () => {
				const { path, action, protocol } = JSON.parse(body) as Record<string, string>;
				asked.push([path, action, protocol]);
				response.writeHead(path === 'room/5' ? 200 : 401).end();
			});
		}).listen(0, '127.0.0.1');
		await once(hook, 'listening');
		const { port } = hook.address() as AddressInfo;
		const auth = testAuth({ read: 'http', http: { url: `http://127.0.0.1:${port}/`, timeout: 5000, cache: 0 } });
		const { app } = createFixture({ auth, guide: { size: 20_000, join: () => () => {} } });
		const status = async (query: string) => (await request(app).get(`/api/v1/cluster/guide${query}`)).status;
		expect(await status('?stream=room%2F5')).toBe(204);
		expect(await status('')).toBe(401);
		expect(asked).toEqual([
			['room/5', 'read', 'webrtc'],
			['', 'read', 'webrtc'],
		]);
		hook.close();
	});

	it('sends events until the player leaves', async () => {
		const cancel = vi.fn();
		const every = vi.spyOn(systemClock, 'every').mockReturnValue({ cancel });
		onTestFinished(() => every.mockRestore());
		const { guide, said } = listening();
		const { url } = await served(createFixture({ guide }).app);
		const stop = new AbortController();
		const reader = readerOf(await fetch(url, { signal: stop.signal }));
		expect((await reader.read()).value).toBe('event: place\ndata: {"node":"sub1","mains":[]}\n\n');
		said.tell({ type: 'move', data: { node: 'sub1' } });
		expect((await reader.read()).value).toBe('event: move\ndata: {"node":"sub1"}\n\n');
		stop.abort();
		await reader.read().catch(() => undefined);
		await expect.poll(() => said.left).toBe(1);
		expect([every.mock.calls.length, cancel.mock.calls.length]).toEqual([1, 1]);
	});

	it.each([
		['revoked', 'token_revoked', (auth: Auth) => auth.revoke({ subject: 'ann' })],
		['expired', 'token_expired', () => vi.advanceTimersByTimeAsync(40_000)],
	])('ends when the token of the viewer is %s, and says so', async (_, code, end) => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
		onTestFinished(() => void vi.useRealTimers());
		const { guide, said } = listening();
		const auth = testAuth({ read: 'jwt' });
		const { url } = await served(createFixture({ auth, guide }).app);
		const authorization = await bearerOf(auth, { streams: ['cam'], lifetime: 5 });
		const reader = readerOf(await fetch(url, { headers: { authorization } }));
		await reader.read();
		await end(auth);
		expect((await reader.read()).value).toBe(`event: end\ndata: {"code":"${code}"}\n\n`);
		expect((await reader.read()).done).toBe(true);
		expect(said.left).toBe(1);
	});

	it('does not count a player that left while its right was looked at', async () => {
		const { guide, said } = listening();
		const auth = testAuth({ read: 'jwt' });
		let decide = () => {};
		const decided = new Promise<undefined>((resolve) => {
			decide = () => resolve(undefined);
		});
		const asked = new Promise<void>((resolve) => {
			vi.spyOn(auth.access, 'authorize').mockImplementation(() => {
				resolve();
				return decided;
			});
		});
		const { port, url, closed } = await served(createFixture({ auth, guide }).app);
		const player = connect(port, '127.0.0.1');
		player.write('GET /api/v1/cluster/guide HTTP/1.1\r\nHost: localhost\r\n\r\n');
		await asked;
		player.destroy();
		await closed;
		decide();
		const stop = new AbortController();
		await readerOf(await fetch(url, { signal: stop.signal })).read();
		expect(said.joined - said.left).toBe(1);
		stop.abort();
	});
});
