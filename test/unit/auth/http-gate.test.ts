import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/auth/access.ts';
import { FailedAttempts } from '../../../src/auth/failed-attempts.ts';
import { httpGate } from '../../../src/auth/http-gate.ts';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';
import { tokenScene } from './scene.ts';

function carried(read: 'jwt' | 'http', url: string, authorization?: string): string {
	const { verifier, clock } = tokenScene();
	const access = new Access({ read, verifier, failures: new FailedAttempts(clock) });
	const headers = authorization === undefined ? {} : { authorization };
	const socket = { remoteAddress: '192.0.2.1', errored: null };
	return httpGate(access, 'hls', new TrustedProxies([])).carry({ url, headers, socket });
}

describe('a gate', () => {
	const scene = async () => {
		const { verifier, clock, forge } = tokenScene();
		const access = new Access({ read: 'jwt', verifier, failures: new FailedAttempts(clock) });
		const gate = httpGate(access, 'hls', new TrustedProxies([]));
		const headers = { authorization: `Bearer ${await forge()}` };
		const request = { url: '/', headers, socket: { remoteAddress: '192.0.2.1', errored: null } };
		return { clock, admit: (stream: string) => gate.admit(request, stream) };
	};

	it('lets a token pass at once that was checked before, to its stream and to no other', async () => {
		const { admit } = await scene();
		await expect(admit('yard')).resolves.toBeUndefined();
		expect(admit('yard')).toBeUndefined();
		for (let time = 0; time < 2; time++) {
			expect(() => admit('gate')).toThrow(expect.objectContaining({ code: 'forbidden' }));
		}
	});

	it('does so until it has expired', async () => {
		const { admit, clock } = await scene();
		await admit('yard');
		await clock.advance(631_000);
		expect(() => admit('yard')).toThrow(expect.objectContaining({ code: 'token_expired' }));
	});
});

describe('the query that addresses of a playlist carry on', () => {
	it.each([
		['/hls/yard/ll.m3u8', ''],
		['/hls/yard/ll.m3u8?jwt=a.b.c&_HLS_msn=3', 'jwt=a.b.c'],
		['/hls/yard/ll.m3u8?x=1&token=a%22b', 'jwt=a%22b'],
		['/hls/yard/ll.m3u8?key=good', ''],
	])('is a token: %s', (url, expected) => {
		expect(carried('jwt', url)).toBe(expected);
		expect(carried('jwt', url, 'Bearer d.e.f')).toBe('');
	});

	it.each([
		['/hls/yard/ll.m3u8', ''],
		['/hls/yard/ll.m3u8?key=good&_HLS_msn=3&_HLS_part=1&who=a%22b', 'key=good&who=a%22b'],
		['/hls/yard/ll.m3u8?_HLS_skip=YES&&avoid=sub1', ''],
		['/hls/yard/ll.m3u8?jwt=a.b.c&avoid=sub1', 'jwt=a.b.c'],
		['/hls/yard/ll.m3u8?key=good&x="y&y=a#b&z=\u00fc', 'key=good'],
	])('is all that a service may want to know: %s', (url, expected) => {
		expect(carried('http', url)).toBe(expected);
		expect(carried('http', url, 'Basic YTpi')).toBe(expected);
	});
});
