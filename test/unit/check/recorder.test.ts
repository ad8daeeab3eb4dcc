import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Scope } from '../../../src/base/scope.ts';
import { report } from '../../../src/check/check.ts';
import { parseMediaPlaylist } from '../../../src/check/read/media-playlist.ts';
import { record } from '../../../src/check/recorder.ts';
import { makeCertificate } from '../../fakes/certificates.ts';

const NO_ADDRESS = 'http://[';
const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n';

let scope: Scope;
beforeEach(() => {
	scope = new Scope();
});
afterEach(() => scope.close());

/** The address of a server that has this playlist and nothing else. */
async function serve(text: string): Promise<string> {
	return answering(({ url }, response) => {
		if (!url?.startsWith('/live.m3u8')) response.statusCode = 404;
		response.end(response.statusCode === 200 ? text : undefined);
	});
}

async function answering(listener: RequestListener): Promise<string> {
	const server = createServer(listener).listen(0, '127.0.0.1');
	scope.defer(() => {
		server.close();
		server.closeAllConnections();
	});
	await once(server, 'listening');
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.m3u8`;
}

describe('a playlist with an address that is none', () => {
	it.each([
		['a segment', `${HEAD}#EXTINF:1,\n${NO_ADDRESS}\n#EXT-X-ENDLIST\n`],
		['a variant', `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${NO_ADDRESS}\n`],
		['another rendition', `#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="${NO_ADDRESS}"\n`],
		['an initialization section', `${HEAD}#EXT-X-MAP:URI="${NO_ADDRESS}"\n#EXTINF:1,\na.m4s\n#EXT-X-ENDLIST\n`],
		[
			'a hint',
			`${HEAD}#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-PART-INF:PART-TARGET=0.5\n#EXTINF:1,\na.m4s\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${NO_ADDRESS}"\n#EXT-X-ENDLIST\n`,
		],
	])('is judged like one that names what is not there: %s', async (_, text) => {
		const url = await serve(text);
		const recording = await record({ url, seconds: 1, clock: systemClock, signal: new AbortController().signal });
		expect(report(recording).rules.some(({ verdict }) => verdict === 'broken')).toBe(true);
	});
});

/** Each makes m3u8-parser throw. */
const UNREADABLE: readonly [string, string][] = [
	['a key with a short IV', '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x1'],
	['a map whose attributes are none', '#EXT-X-MAP:init.mp4'],
	['a date range without its start', '#EXT-X-DATERANGE:ID="a",DURATION=1,END-DATE="2026-01-01T00:00:00Z"'],
];

describe('a playlist that another reader fails on', () => {
	it.each(UNREADABLE)('is judged, and its form is found broken: %s', async (_, tag) => {
		const url = await serve(`${HEAD}${tag}\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n`);
		const recording = await record({ url, seconds: 1, clock: systemClock, signal: new AbortController().signal });
		const form = report(recording).rules.find(({ rule }) => rule === 1);
		expect(form?.verdict).toBe('broken');
		expect(form?.evidence.join('\n')).toMatch(/reload 1: m3u8-parser cannot read it/);
	});
});

it('a playlist with one tag hundreds of thousands of times is read in a time that grows with its length', () => {
	const text = `${HEAD}${'#EXT-X-BITRATE:1\n'.repeat(100_000)}#EXTINF:1,\na.ts\n`;
	expect(parseMediaPlaylist(text).segments.length).toBe(1);
});

describe('an address', () => {
	const follow = (url: string, signal = new AbortController().signal) =>
		record({ url, seconds: 1, clock: systemClock, signal });

	it('of something without an end is given up after more than a playlist has', async () => {
		let sent = 0;
		const url = await answering((_, response) => {
			const piece = Buffer.alloc(1024 * 1024, '#');
			const go = () => {
				do sent++;
				while (response.write(piece));
				response.once('drain', go);
			};
			go();
		});
		await expect(follow(url)).rejects.toThrow('what it answers is no whole playlist: more than 16 MiB');
		expect(sent).toBeLessThan(64);
	});

	it.each([
		['a number', () => '1'],
		['a date', () => new Date(Date.now() + 1000).toUTCString()],
		['a date that is over', () => new Date(0).toUTCString()],
	])('that asks for a while is asked again: %s', async (_, until) => {
		let asked = 0;
		const url = await answering(({ url: path }, response) => {
			if (path === '/live.m3u8' && asked++ === 0) response.writeHead(503, { 'Retry-After': until() }).end();
			else response.end(`${HEAD}#EXT-X-ENDLIST\n`);
		});
		expect((await follow(url)).early.map(({ status }) => status)).toEqual([503]);
	});

	it('of another protocol, or whose certificate nobody vouches for, is told with the cure', async () => {
		const plain = await answering((_, response) => void response.end(HEAD));
		await expect(follow(plain.replace('http:', 'https:'))).rejects.toThrow('speaks no TLS; try http://');
		const folder = await mkdtemp(join(tmpdir(), 'check-'));
		scope.defer(() => rm(folder, { recursive: true }));
		const { cert, key } = await makeCertificate(folder, 'own');
		const server = createSecureServer({ cert: await readFile(cert), key: await readFile(key) }).listen(0, '127.0.0.1');
		scope.defer(() => void server.close());
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		await expect(follow(`https://127.0.0.1:${port}/`)).rejects.toThrow(
			/self-signed certificate; NODE_EXTRA_CA_CERTS=FILE names a certificate/,
		);
	});

	it('that asks for a while is not asked again once the check was stopped', async () => {
		const abort = new AbortController();
		let asked = 0;
		const url = await answering((_, response) => {
			if (asked++ > 0) return;
			response.on('close', () => abort.abort());
			response.writeHead(503, { 'Retry-After': '10' }).end();
		});
		await expect(follow(url, abort.signal)).rejects.toThrow('it was stopped before one came');
		expect(asked).toBe(1);
	});
});
