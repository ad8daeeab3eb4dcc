import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';
import { ask, raw } from './raw-http.ts';

let gateway: RunningGateway;

beforeAll(async () => {
	gateway = await startGateway('webrtc: { udp_port: 0 }\nstreams: { cam: demo, live/stream: demo }\n');
	// There are files to find.
	expect((await fetch(`${gateway.url}/hls/cam/index.m3u8`)).status).toBe(200);
});

afterAll(async () => {
	await gateway?.stop();
});

const UP = [
	'..',
	'%2e%2e',
	'.%2e',
	'%2e%2e%2f',
	'%2e%2e%5c',
	'..%5c',
	'..\\',
	'%252e%252e%252f',
	'..%00/',
	'....//',
	'%c0%ae%c0%ae/',
	'%e0%80%ae%e0%80%ae/',
	'\xc0\xae\xc0\xae/',
	'%uff0e%uff0e/',
	'..;/',
	'//',
];
const NAMES = [
	'__proto__',
	'constructor',
	'constructor/prototype',
	'toString',
	'hasOwnProperty',
	'%00',
	'cam%00',
	'cam%00.ts',
	'\x01',
	'%ff',
	'%',
	'cam%',
	'.hidden',
	'cam/.',
	'*',
	'none?/../cam',
	'CON',
	'x'.repeat(10_000),
	'x/'.repeat(500),
	'seg1.m4s/../../x',
	'ünïcödé',
];
const PREFIXES = [
	'/hls/',
	'/hls/cam/',
	'/watch/',
	'/assets/',
	'/whep/',
	'/api/v1/streams/',
	'/api/v1/hls/streams/',
	'/',
];

describe('S3 paths', () => {
	test.each(PREFIXES)('S3 below %s lead to no file outside and to no fault', async (prefix) => {
		const targets = [
			...UP.flatMap((up) => [
				`${up}/${up}/${up}/${up}/etc/passwd`,
				`${up}${up}${up}${up}config.yaml`,
				`${up}/package.json`,
			]),
			...UP.map((up) => `x/${up}/${up}/config.yaml`),
			...NAMES,
			...NAMES.map((name) => `${name}/index.m3u8`),
			'/etc/passwd',
			'http://127.0.0.1/etc/passwd',
		];
		for (const target of targets) {
			const path = prefix + target;
			const { status, body } = await ask(gateway.port, 'GET', path);
			const text = body.toString('latin1');
			// A page is the same page whatever it is asked for; it finds out by itself that there is no such stream.
			const page = prefix === '/watch/' || path === '/' || text.startsWith('<!doctype html>');
			expect(page ? [200, 400, 404] : [400, 404, 405, 431], `${path.slice(0, 200)} → ${status}`).toContain(status);
			expect(text, path.slice(0, 200)).not.toMatch(/root:|udp_port|"name": "dualcast"/);
		}
	});

	test('S3 in other forms of a request target', async () => {
		for (const target of [
			'*',
			'http://127.0.0.1/../../etc/passwd',
			'//etc/passwd',
			'\\..\\..\\etc\\passwd',
			'?../x',
			'/hls',
		]) {
			const { status, body } = await ask(gateway.port, 'GET', target);
			expect(status, target).toBeGreaterThanOrEqual(target.startsWith('?') ? 200 : 400);
			expect(status, target).toBeLessThan(500);
			expect(body.toString('latin1')).not.toContain('root:');
		}
		const { status } = await raw(gateway.port, 'GET /hls/cam/\0index.m3u8 HTTP/1.1\r\nHost: a\r\n\r\n');
		expect(status).toBe(400);
	});

	test('S3 wrote nothing anywhere, and left the gateway as it was', async () => {
		expect((await readdir(gateway.directory)).sort()).toEqual(['config.yaml', 'hls']);
		expect(await readdir(`${gateway.directory}/hls`)).toEqual(['cam']);
		const list = (await (await fetch(`${gateway.url}/api/v1/streams`)).json()) as { id: string }[];
		expect(list.map(({ id }) => id).sort()).toEqual(['cam', 'live/stream']);
		expect((await fetch(`${gateway.url}/hls/cam/index.m3u8`)).status).toBe(200);
		expect(gateway.output()).not.toContain('"level":"error"');
	});
});
