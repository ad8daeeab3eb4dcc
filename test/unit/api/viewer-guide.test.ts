import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';

describe('GET /api/v1/cluster/guide', () => {
	it('is empty outside a cluster', async () => {
		const { status, headers } = await request(createFixture().app).get('/api/v1/cluster/guide');
		expect([status, headers['access-control-allow-origin']]).toEqual([204, '*']);
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
		let tell = (_event: { type: string; data: object }) => {};
		let left = 0;
		const guide = {
			size: 0,
			join(listener: typeof tell) {
				tell = listener;
				listener({ type: 'place', data: { node: 'sub1', mains: [] } });
				return () => {
					left += 1;
				};
			},
		};
		const { app } = createFixture({ guide });
		const server = createServer(app).listen(0);
		const { port } = server.address() as { port: number };
		const stop = new AbortController();
		const response = await fetch(`http://127.0.0.1:${port}/api/v1/cluster/guide`, { signal: stop.signal });
		const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
		expect((await reader?.read())?.value).toBe('event: place\ndata: {"node":"sub1","mains":[]}\n\n');
		tell({ type: 'move', data: { node: 'sub1' } });
		expect((await reader?.read())?.value).toBe('event: move\ndata: {"node":"sub1"}\n\n');
		stop.abort();
		await reader?.read().catch(() => undefined);
		await expect.poll(() => left).toBe(1);
		server.close();
	});
});
