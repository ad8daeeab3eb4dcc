import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { CheckReport } from '../../src/check/check.ts';
import { dualcast } from '../../src/cli/dualcast.ts';
import type { Surroundings } from '../../src/cli/run.ts';
import { freePort } from '../camera/free-port.ts';

let server: Server | undefined;

afterEach(async () => {
	server?.closeAllConnections();
	await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
	server = undefined;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
	const own = createServer(answer);
	server = own;
	await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
}

/** Runs the command in this process. */
async function run(...args: string[]) {
	let out = '';
	let err = '';
	const around = {
		env: {},
		stdout: { write: (text: string) => (out += text) },
		stderr: { write: (text: string) => (err += text) },
		events: { on: () => {}, exit: () => {} },
		clock: systemClock,
	} as unknown as Surroundings;
	const code = await dualcast(['check', ...args], around);
	return { code, out, err };
}

/** A recording of two segments, as a server keeps it. */
const ENDED = [
	'#EXTM3U',
	'#EXT-X-VERSION:3',
	'#EXT-X-TARGETDURATION:2',
	'#EXTINF:2.0,',
	'a.bin',
	'#EXTINF:1.5,',
	'b.bin',
];

function playlist(response: ServerResponse, text: string): void {
	response.writeHead(200, { 'Content-Type': 'application/vnd.apple.mpegurl' }).end(text);
}

describe('dualcast check', () => {
	it('follows a playlist to its end and judges every rule', async () => {
		const base = await serve((request, response) => {
			if (request.url?.startsWith('/live.m3u8')) playlist(response, `${ENDED.join('\n')}\n#EXT-X-ENDLIST\n`);
			else response.end('no media that is known');
		});
		const { code, out } = await run(`${base}/live.m3u8`, '--json', '--seconds', '5');
		const { rules, files, reloads, renditions } = JSON.parse(out) as CheckReport;
		expect(code).toBe(0);
		expect(rules.length).toBe(32);
		expect({ files, reloads, renditions }).toEqual({ files: 2, reloads: 1, renditions: ['live.m3u8'] });
	});

	it('ends with 1 and says what is broken', async () => {
		const base = await serve((request, response) => {
			if (request.url === '/live.m3u8') {
				playlist(response, `${ENDED.join('\n').replace('TARGETDURATION:2', 'TARGETDURATION:1')}\n#EXT-X-ENDLIST\n`);
			} else if (request.url === '/a.bin') response.end('a');
			else response.writeHead(404).end();
		});
		const { code, out } = await run(`${base}/live.m3u8`);
		expect(code).toBe(1);
		expect(out).toContain('✗  2  EXT-X-TARGETDURATION');
		expect(out).toContain('segment 0 lasts 2 s, the target is 1 s');
		expect(out).toContain('b.bin: 404');
		expect(out).toMatch(/^Rules are broken: \d+ held, 2 broken/m);
	});

	it('ends with 2 where there is no HLS', async () => {
		const base = await serve((request, response) => {
			if (request.url === '/page') response.end('<!doctype html>');
			else if (request.url === '/locked') response.writeHead(401).end();
			else response.writeHead(404).end();
		});
		expect(await run(`${base}/page`)).toMatchObject({ code: 2, err: expect.stringContaining('#EXTM3U') });
		expect(await run(`${base}/missing`)).toMatchObject({ code: 2, err: expect.stringContaining('it answers 404') });
		expect(await run(`${base}/locked`)).toMatchObject({ code: 2, err: expect.stringContaining('?jwt=TOKEN') });
		const nobody = await run(`http://127.0.0.1:${await freePort()}/x.m3u8`);
		expect(nobody).toMatchObject({
			code: 2,
			err: expect.stringMatching(/no playlist to check: no answer: .*ECONNREFUSED/),
		});
		expect(await run('ftp://example.com/x.m3u8')).toMatchObject({ code: 2, err: expect.stringContaining('http') });
	});

	it('takes its token and its password along, and never shows them', async () => {
		const asked: { url: string; authorization: string | undefined }[] = [];
		const base = await serve((request, response) => {
			const { url = '', headers } = request;
			asked.push({ url, authorization: headers.authorization });
			if (url.startsWith('/old.m3u8')) response.writeHead(302, { Location: `/live.m3u8?token=s3cret` }).end();
			else if (url.startsWith('/live.m3u8')) {
				playlist(response, `${ENDED.join('\n').replaceAll('.bin', '.bin?token=s3cret')}\n#EXT-X-ENDLIST\n`);
			} else response.writeHead(404).end();
		});
		const { code, out, err } = await run(`${base.replace('//', '//bob:s3cret@')}/old.m3u8?token=s3cret`);
		expect(code).toBe(1);
		expect(out + err).not.toMatch(/s3cret|bob/);
		expect(asked.map(({ url }) => url)).toContain('/a.bin?token=s3cret');
		const basic = `Basic ${Buffer.from('bob:s3cret').toString('base64')}`;
		expect(asked.every(({ authorization }) => authorization === basic)).toBe(true);
	});

	it.each([
		['admin:50%', 'admin:50%'],
		['50%:a%2Fb', '50%:a/b'],
		['%zz:p%C3%BC%40', '%zz:pü@'],
	])('takes %s along, a percent sign that escapes nothing as one', async (written, meant) => {
		const authorizations = new Set<string | undefined>();
		const base = await serve((request, response) => {
			authorizations.add(request.headers.authorization);
			if (request.url === '/live.m3u8') playlist(response, `${ENDED.join('\n')}\n#EXT-X-ENDLIST\n`);
			else response.end('no media that is known');
		});
		const { code } = await run(`${base.replace('//', `//${written}@`)}/live.m3u8`);
		expect(code).toBe(0);
		expect([...authorizations]).toEqual([`Basic ${Buffer.from(meant).toString('base64')}`]);
	});

	it('waits for a stream that starts on demand, as the server says', async () => {
		let requests = 0;
		const base = await serve((_, response) => {
			if (++requests === 1) response.writeHead(503, { 'Retry-After': '1' }).end();
			else playlist(response, `${ENDED.slice(0, 3).join('\n')}\n#EXT-X-ENDLIST\n`);
		});
		const { out } = await run(`${base}/live.m3u8`, '--json');
		const first = (JSON.parse(out) as CheckReport).rules.find(({ rule }) => rule === 22);
		expect(first?.evidence).toEqual(['the first playlist is empty']);
	});

	it('follows every variant and rendition of a multivariant playlist', async () => {
		const master = [
			'#EXTM3U',
			'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="one",URI="sound/list.m3u8"',
			'#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO="sound"',
			'low/list.m3u8',
			'#EXT-X-STREAM-INF:BANDWIDTH=2000,AUDIO="sound"',
			'high/list.m3u8',
			'',
		].join('\n');
		const base = await serve((request, response) => {
			if (request.url === '/master.m3u8') playlist(response, master);
			else if (request.url?.endsWith('list.m3u8')) playlist(response, `${ENDED.join('\n')}\n#EXT-X-ENDLIST\n`);
			else response.end('x');
		});
		const { out } = await run(`${base}/master.m3u8`, '--json');
		const { renditions, files } = JSON.parse(out) as CheckReport;
		expect([...renditions].sort()).toEqual(['high/list.m3u8', 'low/list.m3u8', 'sound/list.m3u8']);
		expect(files).toBe(6);
	});
});
