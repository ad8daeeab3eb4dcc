import { describe, expect, expectTypeOf, it } from 'vitest';
import type { WebRtcSession } from '../../../src/api/whep/webrtc-port.ts';
import { gatewayUrls } from '../../../src/web/gateway/paths.ts';
import { getViewers, mayNotSee, maySeeViewers, type Viewer } from '../../../src/web/gateway/viewers.ts';
import { lossShareWords, viewerName, wayWords, withoutWords } from '../../../src/web/pages/viewers/viewer-words.ts';

const AT = Date.parse('2026-01-02T03:04:05.000Z');
const urls = gatewayUrls('http://gateway', 'a.b');

describe('viewers of a stream', () => {
	it('have the shape that the API serves', () => {
		expectTypeOf<WebRtcSession>().toExtend<Viewer>();
	});

	it('are asked for by the name of the stream, with the token', async () => {
		const asked: unknown[] = [];
		const fetch = async (url: unknown, init: RequestInit = {}) => {
			asked.push([init.method ?? 'GET', url]);
			return Response.json([{ id: 'x' }]);
		};
		expect(await maySeeViewers(urls, 'school/yard', fetch)).toBe(true);
		expect(await getViewers(urls, 'school/yard', fetch, new AbortController().signal)).toEqual({
			value: [{ id: 'x' }],
		});
		const url = 'http://gateway/api/v1/webrtc/sessions?stream=school%2Fyard&jwt=a.b';
		expect(asked).toEqual([
			['HEAD', url],
			['GET', url],
		]);
		expect(gatewayUrls('http://gateway').sessions('x')).toBe('http://gateway/api/v1/webrtc/sessions?stream=x');
	});

	it.each([401, 403, 503])('are not shown after %d', async (status) => {
		expect(await maySeeViewers(urls, 'x', async () => new Response(null, { status }))).toBe(false);
	});

	it('are not shown when nobody answers', async () => {
		const fail = async () => {
			throw new TypeError('fetch failed');
		};
		expect(await maySeeViewers(urls, 'x', fail)).toBe(false);
	});

	it.each([
		['token_expired', true],
		['forbidden', true],
		['http_401', true],
		['webrtc_disabled', true],
		['gateway_unreachable', false],
		['http_502', false],
	])('after the problem %s: hidden %s', (code, hidden) => {
		expect(mayNotSee(code)).toBe(hidden);
	});
});

describe('words of a viewer', () => {
	const viewer = { transport: 'native', created_at: new Date(AT).toISOString() };
	const remote = 'udp 192.0.2.7:5000';

	it.each([
		[viewerName({}), 'Not connected yet'],
		[viewerName({ remote }), '192.0.2.7:5000'],
		[viewerName({ remote: 'tcp [2001:db8::7]:5000' }), '[2001:db8::7]:5000'],
		[wayWords(viewer, AT), 'native transport · for\u00a01\u00a0s'],
		[
			wayWords({ ...viewer, remote, local: 'udp 192.0.2.1:8189' }, AT + 42_000),
			'UDP to 192.0.2.1:8189 · native transport · for\u00a042\u00a0s',
		],
		[
			wayWords({ ...viewer, remote, local: 'udp *:8189' }, AT + 600_000),
			'UDP to port 8189 · native transport · for\u00a010\u00a0min',
		],
		[
			wayWords({ ...viewer, remote: 'tcp 192.0.2.7:5000' }, AT + 7_200_000),
			'TCP · native transport · for\u00a02\u00a0h',
		],
		[lossShareWords(undefined), '–'],
		[lossShareWords(0), '0 %'],
		[lossShareWords(0.000_01), '0 %'],
		[lossShareWords(0.0011), '0.2 %'],
		[lossShareWords(0.1), '10 %'],
		[lossShareWords(0.251), '26 %'],
	])('%s', (text, expected) => {
		expect(text).toBe(expected);
	});

	it('name what it goes without, with the reasons', () => {
		expect(withoutWords({ skipped_tracks: [] })).toBeUndefined();
		expect(withoutWords({ skipped_tracks: [{ codec: 'aac', reason: 'no AAC' }] })).toEqual({
			text: 'without AAC',
			why: 'no AAC',
		});
	});
});
