import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFixture } from './api-fixture.ts';

let folder: string;
let app: ReturnType<typeof createFixture>['app'];

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'dualcast-pages-'));
	const webRoot = join(folder, 'web');
	mkdirSync(join(webRoot, 'assets'), { recursive: true });
	writeFileSync(join(folder, 'outside.txt'), 'CANARY');
	writeFileSync(join(webRoot, 'index.html'), '<p>index');
	writeFileSync(join(webRoot, 'watch.html'), '<p>watch');
	writeFileSync(join(webRoot, 'not-found.html'), '<p>not found');
	writeFileSync(join(webRoot, 'player.js'), 'player');
	writeFileSync(join(webRoot, '.hidden'), 'CANARY');
	writeFileSync(join(webRoot, 'assets', 'index-abc.js'), 'script');
	app = createFixture({ webRoot }).app;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('pages', () => {
	it.each([
		['/', '<p>index', "frame-ancestors 'self'"],
		['/watch/live/stream', '<p>watch', 'frame-ancestors *'],
		['/watch/%3Cscript%3E', '<p>watch', 'frame-ancestors *'],
	])('%s', async (path, text, ancestors) => {
		const response = await request(app).get(path);
		expect(response.status).toBe(200);
		expect(response.text).toBe(text);
		expect(response.headers['content-type']).toMatch(/^text\/html/);
		expect(response.headers['content-security-policy']).toContain("script-src 'self';");
		expect(response.headers['content-security-policy']).toContain(ancestors);
		expect(response.headers['cache-control']).toBe('no-cache');
		expect(response.headers['referrer-policy']).toBe('no-referrer');
		expect((await request(app).post(path)).status).toBe(405);
	});

	it('keep files with a hash in their name for ever and others not', async () => {
		const asset = await request(app).get('/assets/index-abc.js');
		expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
		const player = await request(app).get('/player.js');
		expect(player.headers['access-control-allow-origin']).toBe('*');
		expect(player.headers).not.toHaveProperty('cache-control');
		expect(player.headers.etag).toBeDefined();
	});

	it.each([
		'/index.html',
		'/watch.html',
		'/.hidden',
		'/assets',
		'/assets/',
		'/assets/%2e%2e/%2e%2e/outside.txt',
		'/assets/..%2f..%2foutside.txt',
		'/..%5coutside.txt',
		'/%00',
		'/assets/index-abc.js%00',
		'/watch',
	])('do not answer %s', async (path) => {
		const response = await request(app).get(path);
		expect(response.status).toBe(404);
		expect(response.text).not.toContain('CANARY');
	});

	const AS_A_BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

	it.each(['/watch', '/watch/', '/wach/demo', '/index.html', '/Cluster'])(
		'show %s as missing to people',
		async (path) => {
			const response = await request(app).get(path).set('Accept', AS_A_BROWSER);
			expect(response.status).toBe(404);
			expect(response.text).toBe('<p>not found');
			expect(response.headers['content-type']).toMatch(/^text\/html/);
			expect(response.headers['content-security-policy']).toContain("script-src 'self';");
			expect(response.headers.vary).toMatch(/accept/i);
		},
	);

	it.each([
		['/watch/', '*/*'],
		['/watch/', 'application/json'],
		['/api/v1/nothing', AS_A_BROWSER],
		['/api/v1/streams/nobody', AS_A_BROWSER],
		['/whep/nobody', AS_A_BROWSER],
		['/nobody/whep', AS_A_BROWSER],
		['/hls/nobody/index.m3u8', AS_A_BROWSER],
		['/assets/old.js', AS_A_BROWSER],
	])('leave %s to programs that accept %s', async (path, accept) => {
		const response = await request(app).get(path).set('Accept', accept);
		expect(response.status).toBe(404);
		expect(response.headers['content-type']).toBe('application/problem+json');
	});

	it('say how to build them', async () => {
		const response = await request(createFixture().app).get('/');
		expect(response.status).toBe(503);
		expect(response.text).toContain('npm run build');
	});
});
