import { describe, expect, it } from 'vitest';
import { tokenOf } from '../../../src/auth/token-source.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('tokenOf', () => {
	it.each([
		['a bearer', 'Bearer abc.def-_.ghi', '/whep/cam', 'abc.def-_.ghi'],
		['a bearer in another case', 'bearer   abc', '/', 'abc'],
		['a bearer before the query', 'Bearer abc', '/?jwt=xyz', 'abc'],
		['the password of a player', basic('any:a.b.c'), '/', 'a.b.c'],
		['a password with a colon', basic('any:a:b'), '/', 'a:b'],
		['?jwt=', undefined, '/hls/cam/index.m3u8?_HLS_msn=1&jwt=a.b.c', 'a.b.c'],
		['?token=', undefined, '/hls/cam/index.m3u8?token=a.b.c', 'a.b.c'],
		['an escaped one', undefined, '/?jwt=a%2Eb%2Ec', 'a.b.c'],
		['?jwt= before ?token=', undefined, '/?token=t&jwt=j', 'j'],
		['nothing', undefined, '/', undefined],
		['an empty one', undefined, '/?jwt=', undefined],
		['another scheme', 'Digest username="x"', '/', undefined],
		['a bearer with blanks inside', 'Bearer a b', '/', undefined],
		['a basic one that is none', 'Basic ###', '/', undefined],
		['a basic one without a password', basic('only-a-name'), '/', undefined],
		['a parameter that only ends so', undefined, '/?xjwt=a', undefined],
	])('%s', (_name, authorization, url, token) => {
		expect(tokenOf(authorization, url)).toBe(token);
	});
});
