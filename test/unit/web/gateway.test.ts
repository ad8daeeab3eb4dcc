import { describe, expect, expectTypeOf, test } from 'vitest';
import type { StreamInfo as ServedStreamInfo } from '../../../src/api/ports.ts';
import { gatewayUrls, streamIdOfWatchPath, tokenOfSearch } from '../../../src/web/gateway/paths.ts';
import { parseProblem, sentence } from '../../../src/web/gateway/problem.ts';
import type { StreamInfo } from '../../../src/web/gateway/stream-info.ts';
import { getStream, getStreams } from '../../../src/web/gateway/streams.ts';

describe('addresses', () => {
	test('keep the slashes of an id and escape the rest', () => {
		const urls = gatewayUrls('https://cameras.example/');
		expect(urls.streams()).toBe('https://cameras.example/api/v1/streams');
		expect(urls.whep('school/yard')).toBe('https://cameras.example/whep/school/yard');
		expect(urls.hls('a b?')).toBe('https://cameras.example/hls/a%20b%3F/index.m3u8');
		expect(urls.watch('x')).toBe('https://cameras.example/watch/x');
		expect(urls.stream('x')).toBe('https://cameras.example/api/v1/streams/x');
	});

	test('carry the token', () => {
		const urls = gatewayUrls('https://cameras.example', 'a.b+c');
		const all = [urls.home(), urls.streams(), urls.stream('x'), urls.watch('x'), urls.whep('x'), urls.hls('x')];
		expect(all.every((url) => new URL(url).searchParams.get('jwt') === 'a.b+c')).toBe(true);
		expect([urls.guarded, gatewayUrls('https://cameras.example').guarded]).toEqual([true, false]);
	});

	test.each([
		['?jwt=a.b.c', 'a.b.c'],
		['?mode=hls&token=a.b.c', 'a.b.c'],
		['?mode=hls', ''],
		['', ''],
	])('the token of %s', (search, token) => {
		expect(tokenOfSearch(search)).toBe(token);
	});

	test.each([
		['/watch/demo', 'demo'],
		['/watch/school/yard', 'school/yard'],
		['/watch/school/yard/', 'school/yard'],
		['/watch/a%20b', 'a b'],
		['/watch/%', '%'],
		['/watch/', ''],
		['/', ''],
	])('the stream of %s', (path, id) => {
		expect(streamIdOfWatchPath(path)).toBe(id);
	});
});

describe('problems', () => {
	test('carry the code and the sentence of the gateway', () => {
		const body = JSON.stringify({ title: 'x', code: 'hls_disabled', detail: 'HLS is off; set hls.enabled.' });
		expect(parseProblem(503, body)).toEqual({ code: 'hls_disabled', message: 'HLS is off; set hls.enabled.' });
		expect(parseProblem(503, '{"code":"x","title":"T"}')).toEqual({ code: 'x', message: 'T.' });
		expect(parseProblem(503, '{"code":"x"}')).toEqual({ code: 'x', message: 'x' });
	});

	test.each([
		['the camera wants other credentials', 'The camera wants other credentials.'],
		['hls.enabled is false; set it to true', 'hls.enabled is false; set it to true.'],
		['Done.', 'Done.'],
	])('%j reads %j', (message, text) => {
		expect(sentence(message)).toBe(text);
	});

	test.each(['', '<html>', 'null', '[]', '{"code":5}', '"x"'])(
		'are named by the status when a proxy says %j',
		(body) => {
			expect(parseProblem(502, body).code).toBe('http_502');
		},
	);
});

describe('streams', () => {
	const urls = gatewayUrls('http://gateway');
	const { signal } = new AbortController();

	test('have the shape that the API serves', () => {
		expectTypeOf<ServedStreamInfo>().toExtend<StreamInfo>();
	});

	test('are asked for, uncached', async () => {
		const asked: unknown[] = [];
		const fetch = async (url: unknown, options: unknown) => {
			asked.push(url, options);
			return Response.json([{ id: 'demo' }]);
		};
		expect(await getStreams(urls, fetch as typeof globalThis.fetch, signal)).toEqual({ value: [{ id: 'demo' }] });
		expect(asked).toMatchObject(['http://gateway/api/v1/streams', { cache: 'no-store' }]);
	});

	test('a refusal is told, an unreachable gateway too', async () => {
		const refuse = async () => Response.json({ code: 'stream_not_found', detail: 'No.' }, { status: 404 });
		expect(await getStream(urls, 'x', refuse, signal)).toEqual({
			problem: { code: 'stream_not_found', message: 'No.' },
		});
		const fail = async () => {
			throw new TypeError('fetch failed');
		};
		expect((await getStreams(urls, fail, signal)).problem?.code).toBe('gateway_unreachable');
	});
});
