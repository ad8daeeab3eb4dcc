import { createServer, get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { ClusterInfo, ClusterPort } from '../../../src/api/cluster/port.ts';
import { clusterNodeSchema, clusterSchema } from '../../../src/api/openapi/cluster.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { CLUSTER_NODE } from './fake-ports.ts';

const INFO: ClusterInfo = {
	node: 'main-1',
	role: 'main',
	connected: true,
	nodes: [CLUSTER_NODE],
};

class FakeCluster implements ClusterPort {
	value = INFO;
	readonly drained: [string, boolean][] = [];
	readonly listeners = new Set<() => void>();

	info(): ClusterInfo {
		return this.value;
	}

	async drain(node: string, on: boolean): Promise<void> {
		if (node !== 'sub-1') throw new DualcastError('node_not_found', `there is no node ${node}`);
		this.drained.push([node, on]);
	}

	onChange(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}
}

function scene(read: 'public' | 'jwt' = 'public') {
	const cluster = new FakeCluster();
	const auth = testAuth({ read });
	return { cluster, auth, ...createFixture({ cluster, auth }) };
}

const DRAIN = '/api/v1/cluster/nodes/sub-1/drain';

describe('/api/v1/cluster', () => {
	it('shows the nodes as the schema says, at every address', async () => {
		const { app } = scene();
		const whole = await request(app).get('/api/v1/cluster');
		expect(clusterSchema.parse(whole.body)).toEqual(INFO);
		for (const path of ['/api/v1/cluster/nodes', '/cluster/nodes']) {
			const { body, headers } = await request(app).get(path);
			expect(z.array(clusterNodeSchema).parse(body)).toEqual(INFO.nodes);
			expect(headers['cache-control']).toBe('no-store');
		}
	});

	it('drains a node and takes it back, for an admin alone', async () => {
		const { app, auth, cluster } = scene();
		const admin = await bearerOf(auth, { role: 'admin', actions: ['admin'] });
		expect((await request(app).post(DRAIN)).status).toBe(401);
		const student = await bearerOf(auth, { streams: ['*'] });
		expect((await request(app).post(DRAIN).set('Authorization', student)).status).toBe(403);
		expect(cluster.drained).toEqual([]);

		const asAdmin = (call: request.Test) => call.set('Authorization', admin);
		expect((await asAdmin(request(app).post(DRAIN))).status).toBe(204);
		expect((await asAdmin(request(app).post(DRAIN).send({ drain: false }))).status).toBe(204);
		expect((await asAdmin(request(app).post(DRAIN).send({ drain: true }))).status).toBe(204);
		expect((await asAdmin(request(app).delete(DRAIN))).status).toBe(204);
		expect(cluster.drained).toEqual([
			['sub-1', true],
			['sub-1', false],
			['sub-1', true],
			['sub-1', false],
		]);
		const unknown = await asAdmin(request(app).post('/api/v1/cluster/nodes/nobody/drain'));
		expect([unknown.status, unknown.body.code]).toEqual([404, 'node_not_found']);
		for (const body of [{ drain: 'yes' }, { drian: false }, 'null']) {
			const wrong = await asAdmin(request(app).post(DRAIN).type('json').send(body));
			expect([wrong.status, wrong.body.code]).toEqual([400, 'request_invalid']);
		}
		const form = await asAdmin(request(app).post(DRAIN).type('form').send({ drain: false }));
		expect([form.status, form.body.code]).toEqual([415, 'unsupported_media_type']);
		expect(cluster.drained).toHaveLength(4);
	});

	it('is for admins where watching takes a token', async () => {
		const { app, auth } = scene('jwt');
		const admin = await bearerOf(auth, { role: 'admin', actions: ['admin'] });
		for (const path of ['/api/v1/cluster', '/api/v1/cluster/nodes', '/api/v1/cluster/events', '/cluster/nodes']) {
			expect((await request(app).get(path)).status).toBe(401);
		}
		expect((await request(app).get('/cluster/nodes').set('Authorization', admin)).status).toBe(200);
	});

	it('says in a gateway that stands alone which key makes a cluster', async () => {
		const { app } = createFixture();
		const { body: alone } = await request(app).get('/api/v1/cluster');
		expect(clusterSchema.parse(alone)).toEqual({ role: 'standalone', connected: false, nodes: [] });
		for (const path of ['/api/v1/cluster/nodes', '/api/v1/cluster/events', '/cluster/nodes']) {
			const { status, body } = await request(app).get(path);
			expect([status, body.code, body.config_key]).toEqual([503, 'cluster_disabled', 'cluster.role']);
		}
	});
});

describe('/api/v1/cluster/events', () => {
	it("answers GET alone: a HEAD would never be answered, and take a page's place", async () => {
		const { app, cluster } = scene();
		const { status, headers } = await request(app).head('/api/v1/cluster/events').timeout(5000);
		expect([status, headers.allow, cluster.listeners.size]).toEqual([405, 'GET', 0]);
	});

	const closers: (() => void)[] = [];
	afterEach(() => {
		for (const close of closers.splice(0)) close();
	});

	async function listen({ app }: Pick<ReturnType<typeof scene>, 'app'>, path = '/api/v1/cluster/events') {
		const server = createServer(app).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		const response = await new Promise<IncomingMessage>((resolve, reject) => {
			const asked = httpGet({ host: '127.0.0.1', port, path, agent: false }, resolve).once('error', reject);
			closers.push(() => {
				asked.destroy();
				server.close();
				server.closeAllConnections();
			});
		});
		response.setEncoding('utf8');
		response.on('error', () => {});
		return response;
	}

	async function event(response: IncomingMessage): Promise<unknown> {
		let text = '';
		while (!text.endsWith('\n\n')) {
			text += await new Promise<string>((resolve) => response.once('data', resolve));
		}
		const [name, data = ''] = text.trimEnd().split('\n');
		expect(name).toBe('event: cluster');
		return JSON.parse(data.slice('data: '.length));
	}

	it('tells how it is, and again when it changes', async () => {
		const made = scene();
		const response = await listen(made);
		expect(response.headers['content-type']).toBe('text/event-stream');
		expect(clusterSchema.parse(await event(response))).toEqual(INFO);
		const changed = event(response);
		made.cluster.value = { ...INFO, connected: false };
		for (const listener of made.cluster.listeners) listener();
		expect(await changed).toEqual({ ...INFO, connected: false });
	});

	it('watches the cluster only while somebody listens', async () => {
		const made = scene();
		const response = await listen(made);
		expect(made.cluster.listeners.size).toBe(1);
		const gone = new Promise((resolve) => {
			const { listeners } = made.cluster;
			const forget = listeners.delete.bind(listeners);
			listeners.delete = (listener) => {
				resolve(undefined);
				return forget(listener);
			};
		});
		response.destroy();
		await gone;
		expect(made.cluster.listeners.size).toBe(0);
	});

	it('leaves nothing behind of the right of a page that left', async () => {
		const made = scene('jwt');
		const stop = vi.fn();
		vi.spyOn(made.auth.sessions, 'add').mockReturnValue(stop);
		const admin = await bearerOf(made.auth, { subject: 'root', role: 'admin', actions: ['admin'] });
		const response = await listen(made, `/api/v1/cluster/events?jwt=${admin.slice('Bearer '.length)}`);
		expect(stop).not.toHaveBeenCalled();
		response.destroy();
		await expect.poll(() => stop.mock.calls.length).toBe(1);
	});

	it('ends when the token is taken back', async () => {
		const made = scene('jwt');
		const admin = await bearerOf(made.auth, { subject: 'root', role: 'admin', actions: ['admin'] });
		const response = await listen(made, `/api/v1/cluster/events?jwt=${admin.slice('Bearer '.length)}`);
		const ended = new Promise((resolve) => response.once('end', resolve));
		response.resume();
		made.auth.revoke({ subject: 'root' });
		await ended;
	});

	it('are not written for a page that left while its right was looked at', async () => {
		const { app, auth, cluster } = scene('jwt');
		let decide = () => {};
		const decided = new Promise<undefined>((resolve) => {
			decide = () => resolve(undefined);
		});
		const server = createServer(app).listen(0, '127.0.0.1');
		closers.push(() => void server.close());
		await new Promise((resolve) => server.once('listening', resolve));
		const asked = new Promise<void>((resolve) => {
			vi.spyOn(auth.access, 'authorize').mockImplementation(() => {
				resolve();
				return decided;
			});
		});
		const closed = new Promise<void>((resolve) => {
			server.once('request', (_request, response) => response.once('close', () => resolve()));
		});
		const { port } = server.address() as AddressInfo;
		const page = httpGet({ host: '127.0.0.1', port, path: '/api/v1/cluster/events', agent: false });
		page.on('error', () => {});
		await asked;
		page.destroy();
		await closed;
		decide();
		expect((await request(server).get('/api/v1/cluster')).status).toBe(200);
		expect(cluster.listeners.size).toBe(0);
	});
});

describe('/readyz', () => {
	it('goes on saying yes, and what is wrong, while Redis is away', async () => {
		const { app } = createFixture({ readiness: { problems: () => [], degraded: () => ['Redis'] } });
		const { status, body } = await request(app).get('/readyz');
		expect([status, body]).toEqual([200, { status: 'degraded', problems: ['Redis'] }]);
	});
});
