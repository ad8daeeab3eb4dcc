import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { ClusterPort } from '../../../src/api/cluster/port.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { CLUSTER_NODE, SESSION } from './fake-ports.ts';

const cluster: ClusterPort = {
	info: () => ({ node: 'main-1', role: 'main', connected: true, nodes: [CLUSTER_NODE] }),
	drain: async () => {},
	onChange: () => () => {},
};
const { app } = createFixture({ cluster });

const LISTS = [
	['/api/v1/streams', 'jwt, token'],
	['/api/v1/hls/streams', 'jwt, token'],
	['/api/v1/webrtc/sessions', 'stream, jwt, token'],
	['/api/v1/cluster', 'jwt, token'],
	['/api/v1/cluster/nodes', 'jwt, token'],
] as const;

describe.each(LISTS)('%s', (path, known) => {
	it('refuses a parameter that it does not have, and names those it has', async () => {
		for (const method of ['get', 'head'] as const) {
			const { status, body } = await request(app)[method](`${path}?jwt=x&strem=yard`);
			expect(status).toBe(400);
			if (method === 'head') continue;
			expect(body).toMatchObject({ code: 'request_invalid', field: 'strem' });
			expect(body.detail).toBe(`strem: is unknown; the parameters here are ${known}`);
		}
	});

	it('does not repeat what can be no name', async () => {
		for (const odd of ['<script>', '', 'rtsp://u:CANARY@h/', `a${'b'.repeat(40)}`]) {
			const { status, body } = await request(app).get(`${path}?${encodeURIComponent(odd)}=1`);
			expect([status, body.field]).toEqual([400, '']);
			expect(body.detail).toBe(`a parameter is unknown; the parameters here are ${known}`);
		}
	});

	it('takes a token by both of its names, and tells a stranger nothing of parameters', async () => {
		for (const query of ['', '?', '?jwt=x', '?token=x&jwt=y']) {
			expect((await request(app).get(`${path}${query}`)).status).toBe(200);
		}
		const closed = createFixture({ cluster, auth: testAuth({ read: 'jwt' }) });
		expect((await request(closed.app).get(`${path}?strem=yard`)).status).toBe(401);
	});
});

describe('parameters', () => {
	it('that are given twice are refused, as only one of them could count', async () => {
		const { status, body } = await request(app).get('/api/v1/webrtc/sessions?stream=a&stream=live%2Fstream');
		expect([status, body.field]).toEqual([400, 'stream']);
		const { body: one } = await request(app).get('/api/v1/webrtc/sessions?stream=live%2Fstream');
		expect(one).toEqual([SESSION]);
	});

	it('may be any where a service that may know viewers by them says who reads', async () => {
		const auth = testAuth({ read: 'http' });
		auth.access.authorize = async () => undefined;
		const asking = createFixture({ auth });
		for (const path of ['/api/v1/streams', '/api/v1/hls/streams']) {
			expect((await request(asking.app).get(`${path}?key=good`)).status).toBe(200);
		}
	});

	it('are looked at where an admin asks, too, whoever says who reads', async () => {
		const auth = testAuth({ read: 'http' });
		const asking = createFixture({ auth });
		const admin = await bearerOf(auth, { actions: ['admin'] });
		const asked = request(asking.app).get('/api/v1/webrtc/sessions?strem=yard').set('Authorization', admin);
		expect((await asked).body.field).toBe('strem');
	});
});
