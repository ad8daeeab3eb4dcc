import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../src/base/errors.ts';
import {
	LOW_LATENCY_MASTER_NAME,
	LOW_LATENCY_PLAYLIST_NAME,
	MASTER_NAME,
	PLAYLIST_NAME,
} from '../../../src/hls/path.ts';
import { createFixture, testAuth } from './api-fixture.ts';
import { RESOURCE } from './fake-ports.ts';

type Parameter = { name: string; in: string };
type Requirement = Record<string, string[]>;
type Operation = {
	parameters?: Parameter[];
	security?: Requirement[];
	requestBody?: { required?: boolean };
	responses: Record<string, { headers?: object }>;
};
type Description = {
	openapi: string;
	paths: Record<string, Record<string, Operation>>;
	security: Requirement[];
	components: { schemas: Record<string, unknown>; securitySchemes: Record<string, object> };
};
type Method = 'get' | 'head' | 'post' | 'patch' | 'delete';

async function scene(read: 'public' | 'jwt') {
	const { app } = createFixture({ auth: testAuth({ read }) });
	const document = (await request(app).get('/api/openapi.json')).body as Description;
	const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ method: method as Method, path, operation })),
	);
	const ask = (method: Method, path: string) =>
		request(app)[method](path.replace('{id}', 'live/stream').replace('{session}', 'none').replace('{node}', 'sub-1'));
	return { app, document, operations, ask };
}

describe.each(['public', 'jwt'] as const)('/api/openapi.json with auth.read: %s', (read) => {
	it('names operations that are served', async () => {
		const { operations, ask } = await scene(read);
		for (const { method, path } of operations.filter(({ path }) => !path.startsWith('/hls/'))) {
			const { status, body } = await ask(method, path);
			expect([405, 501], `${method} ${path}`).not.toContain(status);
			expect(body?.code, `${method} ${path}`).not.toBe('not_found');
		}
	});

	it('says where a token is needed', async () => {
		const { document, operations, ask } = await scene(read);
		for (const { method, path, operation } of operations.filter(({ path }) => !path.startsWith('/hls/'))) {
			const security = operation.security ?? document.security;
			const needed = security.length > 0 && security.every((way) => Object.keys(way).length > 0);
			expect((await ask(method, path)).status === 401, `${method} ${path}`).toBe(needed);
			for (const scheme of security.flatMap((way) => Object.keys(way)))
				expect(document.components.securitySchemes).toHaveProperty(scheme);
		}
	});

	it('names the parameters of each path, and none that OpenAPI passes over', async () => {
		const { operations } = await scene(read);
		for (const { method, path, operation } of operations) {
			const { parameters = [] } = operation;
			const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
			expect(named, `${method} ${path}`).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
			for (const { name, in: place } of parameters)
				if (place === 'header') expect(['authorization', 'accept', 'content-type']).not.toContain(name.toLowerCase());
		}
	});
});

describe('/api/openapi.json', () => {
	it('has the playlists and the files of HLS', async () => {
		const { document } = await scene('public');
		const names = Object.keys(document.paths).flatMap((path) => /^\/hls\/\{id\}\/(.*)$/.exec(path)?.[1] ?? []);
		const playlists = [PLAYLIST_NAME, MASTER_NAME, LOW_LATENCY_PLAYLIST_NAME, LOW_LATENCY_MASTER_NAME];
		expect(names).toEqual([...playlists, '{file}']);
	});

	it('has WHEP as it is answered', async () => {
		const { document, ask } = await scene('public');
		for (const method of ['get', 'head'] as const) {
			const { status } = await ask(method, '/whep/{id}');
			expect(document.paths['/whep/{id}']?.[method]?.responses).toHaveProperty(`${status}`);
		}
	});

	it.each([
		['post', '/whep/{id}', 201, 'application/sdp', 'v=0'],
		['post', '/whep/{id}', 503, 'application/sdp', 'full'],
		['get', '/whep/sessions/{session}', 204, 'application/sdp', undefined],
		['patch', '/whep/sessions/{session}', 200, 'application/trickle-ice-sdpfrag', 'a=ice-ufrag:restart'],
		['delete', '/api/v1/webrtc/sessions/{session}', 401, 'application/json', undefined],
	] as const)('%s %s: has the answer %i with its headers', async (method, path, status, type, body) => {
		const iceServers = [{ urls: ['stun:stun.example:3478'] }];
		const fixture = createFixture({ iceServers });
		const { answer } = fixture.webrtc;
		fixture.webrtc.answer = (stream, offer, ...rest) => {
			if (body === 'full') throw new DualcastError('too_many_sessions', 'full');
			return answer(stream, offer, ...rest);
		};
		const { body: document } = await request(fixture.app).get('/api/openapi.json');
		const address = path.replace('{id}', 'live/stream').replace('{session}', RESOURCE);
		const asked = request(fixture.app)[method](address).set('If-Match', '*').set('Accept', type);
		const given = await (body === undefined ? asked : asked.set('Content-Type', type).send(body));
		expect(given.status).toBe(status);
		const responses = (document as Description).paths[path]?.[method]?.responses;
		const told = responses?.[status] ?? (status >= 400 ? responses?.default : undefined);
		expect(told).toBeDefined();
		const known = Object.keys(told?.headers ?? {}).map((name) => name.toLowerCase());
		const special = ['location', 'etag', 'accept-patch', 'link', 'retry-after', 'www-authenticate'];
		expect(special.filter((name) => name in given.headers && !known.includes(name))).toEqual([]);
	});

	it('says that a node of a cluster sends viewers to another, and how they avoid one', async () => {
		const { document } = await scene('public');
		const watched = ['/whep/{id}', '/hls/{id}/index.m3u8', '/hls/{id}/ll.m3u8'];
		for (const path of watched) {
			for (const [method, { responses, parameters = [] }] of Object.entries(document.paths[path] ?? {})) {
				expect(responses[307]?.headers, `${method} ${path}`).toHaveProperty('Location');
				expect(parameters.map(({ name }) => name)).toContain('avoid');
			}
		}
	});

	it('has the ways to bring a token or a key', async () => {
		const { document } = await scene('public');
		expect(document.components.securitySchemes).toMatchObject({
			bearer: { type: 'http', scheme: 'bearer' },
			basic: { type: 'http', scheme: 'basic' },
			jwt: { type: 'apiKey', in: 'query', name: 'jwt' },
			token: { type: 'apiKey', in: 'query', name: 'token' },
			apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
		});
		expect(document.paths['/api/token']?.post?.security).toContainEqual({ apiKey: [] });
	});

	it('takes the fields of a token from the query or the body', async () => {
		const { document } = await scene('public');
		const { parameters = [], requestBody } = document.paths['/api/token']?.post ?? {};
		expect(parameters.map(({ name }) => name)).toEqual(['user_id', 'user_type', 'action', 'stream', 'class_code']);
		expect(requestBody?.required).toBe(false);
	});
});
