import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStreamId, parseHlsPath } from '../../../src/hls/path.ts';

describe('HLS paths', () => {
	it.each([
		['/hls/cam/index.m3u8', { id: 'cam', file: 'index.m3u8' }],
		['/hls/live/stream/seg-a-1.ts?x=/../y', { id: 'live/stream', file: 'seg-a-1.ts' }],
		['/hls/live%2Fstream/index.m3u8', { id: 'live/stream', file: 'index.m3u8' }],
		['/hls/CCTV-TEST_1.a/index.m3u8', { id: 'CCTV-TEST_1.a', file: 'index.m3u8' }],
		['/hls/__proto__/index.m3u8', { id: '__proto__', file: 'index.m3u8' }],
	])('%s', (path, expected) => {
		expect(parseHlsPath(path)).toEqual(expected);
	});

	it.each(['/', '/hls', '/hlsx/cam/index.m3u8', '/api/hls/cam', ''])('%s is not HLS', (path) => {
		expect(parseHlsPath(path)).toBeUndefined();
	});

	it.each([
		'/hls/',
		'/hls/index.m3u8',
		'/hls/cam/',
		'/hls/cam//index.m3u8',
		'/hls//index.m3u8',
		'/hls/cam/../index.m3u8',
		'/hls/../../etc/passwd',
		'/hls/%2e%2e/%2e%2e/etc/passwd',
		'/hls/cam/%2e%2e%5cindex.m3u8',
		'/hls/cam/%252e%252e/x',
		'/hls/cam/..\\..\\x',
		'/hls/cam/.hidden',
		'/hls/cam/a%00.ts',
		'/hls/cam/%c0%ae%c0%ae/x',
		'/hls/cam/%',
		'/hls/c a m/x',
		`/hls/${'a'.repeat(10_000)}/index.m3u8`,
		`/hls/${'a/'.repeat(300)}index.m3u8`,
	])('%s names nothing', (path) => {
		expect(parseHlsPath(path)).toBe('unsafe');
	});

	it('never name a way out of the folder', () => {
		const piece = fc.constantFrom('.', '..', '/', '\\', '%2e', '%2f', '%5c', '%00', 'cam', 'seg-a-1.ts', '~', ':');
		fc.assert(
			fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 12 }), (pieces) => {
				const path = parseHlsPath(`/hls/${pieces.join('')}`);
				if (typeof path !== 'object') return;
				expect(isStreamId(path.id)).toBe(true);
				expect(`${path.id}/${path.file}`).toMatch(/^[\w-][\w.-]*(\/[\w-][\w.-]*)+$/);
			}),
		);
	});
});
