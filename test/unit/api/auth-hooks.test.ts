import request from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { Auth } from '../../../src/auth/auth.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { TrustedProxies } from '../../../src/base/trusted-proxies.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { bearerOf, createFixture } from './api-fixture.ts';

const VICTIM = '203.0.113.9';
/** Where supertest asks from. */
const US = ['127.0.0.1', '::1'];
const PEER = /^(?:::ffff:)?127\.0\.0\.1$|^::1$/;
const FAILURES = 100;

function scene(trusted: readonly string[] = [], read: 'public' | 'jwt' = 'jwt') {
	const auth = new Auth(
		{
			...{ read, issuer: 'here', audience: 'here', lifetime: 600, openIssuing: false },
			...{ apiKeys: [], classes: {}, classCodes: {}, issuers: [] },
		},
		// No time passes: nobody's attempts are forgiven.
		{ clock: new VirtualClock(), logger: silentLogger },
	);
	const { app } = createFixture({ auth, security: { pageHosts: [], proxies: new TrustedProxies(trusted) } });
	const token = async (streams: string[], subject = 'ann') =>
		(await bearerOf(auth, { streams, subject })).slice('Bearer '.length);
	const mediaMtx = (fields: object) =>
		request(app)
			.post('/api/auth/mediamtx')
			.send({ action: 'read', path: 'cam', protocol: 'webrtc', ...fields });
	const nginx = (uri: string, headers: Record<string, string> = {}) =>
		request(app)
			.get('/api/auth/request')
			.set({ 'X-Original-URI': uri, ...headers });
	/** Both ways of asking for another one, who is at an address as they say. */
	const ways = {
		'POST /mediamtx': (ip: string, bearer: string, forwarded?: string) =>
			mediaMtx({ ip, token: bearer }).set(forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }),
		'GET /request': (ip: string, bearer: string, forwarded?: string) =>
			nginx('/hls/cam/index.m3u8', {
				'X-Real-IP': ip,
				Authorization: `Bearer ${bearer}`,
				...(forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }),
			}),
	};
	return { auth, token, mediaMtx, nginx, ways };
}

describe.each(['POST /mediamtx', 'GET /request'] as const)('S6: the address of a viewer, told to %s', (way) => {
	it('by a stranger locks nobody out', async () => {
		const { ways, auth, token } = scene();
		for (let guess = 0; guess <= FAILURES; guess++) await ways[way](VICTIM, `e30.e30.${guess}`);
		const authorization = `Bearer ${await token(['cam'])}`;
		const caller = { authorization, url: '/', address: VICTIM, protocol: 'hls' } as const;
		expect((await auth.access.authorize(caller, { action: 'read', stream: 'cam' }))?.subject).toBe('ann');
	});

	it('by a stranger is no way round the limit', async () => {
		const { ways } = scene();
		for (let guess = 0; guess < FAILURES; guess++) {
			expect((await ways[way](`198.51.100.${guess}`, `e30.e30.${guess}`)).body.code).toBe('token_invalid');
		}
		expect((await ways[way]('198.51.100.200', 'e30.e30.x')).body.code).toBe('rate_limited');
	});

	it('by a proxy that is trusted tells viewers apart', async () => {
		const { ways } = scene(US);
		for (let guess = 0; guess < FAILURES; guess++) await ways[way](VICTIM, `e30.e30.${guess}`);
		expect((await ways[way](VICTIM, 'e30.e30.x')).body.code).toBe('rate_limited');
		expect((await ways[way]('198.51.100.1', 'e30.e30.x')).body.code).toBe('token_invalid');
	});

	it.each([
		['an address, to nobody who trusts it', [], VICTIM, undefined, PEER],
		['an address and a chain, to nobody who trusts it', [], VICTIM, '192.0.2.7', PEER],
		['an address', US, VICTIM, undefined, VICTIM],
		['an address of IPv6', US, '2001:db8::7', undefined, '2001:db8::7'],
		['nothing', US, '', undefined, PEER],
		['nothing but a chain', US, '', '192.0.2.6, 192.0.2.7', '192.0.2.7'],
		['what is no address', US, 'x'.repeat(10_000), undefined, PEER],
		['an address and more', US, `${VICTIM}, 192.0.2.1`, undefined, PEER],
	])('is taken from who says %s', async (_what, trusted, said, forwarded, expected) => {
		const { ways, auth, token } = scene(trusted);
		const authorize = vi.spyOn(auth.access, 'authorize');
		const { status } = await ways[way](said, await token(['cam']), forwarded);
		expect([200, 204]).toContain(status);
		const [[caller] = []] = authorize.mock.calls;
		expect(caller?.address).toMatch(expected);
	});
});

describe('S3: the path that nginx asks about', () => {
	it.each([
		'/hls/room/5/front/index.m3u8',
		'/hls/room%2F5%2Ffront/index.m3u8',
		'/hls/r%6fom/5/front/ll.m3u8?_HLS_msn=3',
		'/hls/room/5/front/seg-a-1.ts?x=/../../y',
		'/hls/room/5/front..cam/index.m3u8',
		'/whep/room/5/front',
		'/whep/room%2f5/front?a=b',
		'/room/5/front/whep',
		'/room%2f5/front/whep/?a=b',
		'/watch/room/5/front/',
	])('%s is of a stream that may be read', async (uri) => {
		const { nginx, token } = scene();
		const authorization = `Bearer ${await token(['room/5/*'])}`;
		expect((await nginx(uri, { authorization })).status).toBe(204);
	});

	it.each(['/whep/sessions/Zm9v-_', '/whep/sessions/Zm9v?jwt=x', '/whep/sessions/Zm9v/first-frame'])(
		'%s is of a session, which who may read anything and knows its secret goes on with',
		async (uri) => {
			const { nginx, token } = scene();
			const authorization = `Bearer ${await token(['room/5/*'])}`;
			expect((await nginx(uri, { authorization })).status).toBe(204);
			expect((await nginx(uri.replace(/\?.*/, ''))).body.code).toBe('token_missing');
		},
	);

	const OTHERS = [
		'/whep/sessions/../room/5/front',
		'/whep/sessions/Zm9v/../../secret',
		'/hls/room/5/../../secret/index.m3u8',
		'/hls/room/5/%2e%2e/%2e%2e/secret/index.m3u8',
		'/hls/room/5/.%2E/../secret/index.m3u8',
		'/hls/room/5/..%2f..%2fsecret/index.m3u8',
		'/hls/room/5/%252e%252e/%252e%252e/secret/index.m3u8',
		'/hls/room/5/a/..%5c..%5c..%5csecret/index.m3u8',
		'/hls/room/5/./front/index.m3u8',
		'/hls/room/5//front/index.m3u8',
		'/hls/room/5/front/..',
		'/hls/room/5/front/%2e%2e%2f%2e%2e%2fsecret',
		'/hls/room/5/front%00/index.m3u8',
		'/hls/room/5/front%/index.m3u8',
		'/hls/room/5/%c0%ae%c0%ae/secret/index.m3u8',
		'/hls/room/5/front#/../../../secret/index.m3u8',
		'/hls/room/5/..;/..;/secret/index.m3u8',
		'/hls/room/5/front/',
		'/whep/room/5/../../secret',
		'/whep/room/5/%2e%2e/%2e%2e/secret',
		'/watch/room/5/..',
		'/watch/room/5//',
	];

	it.each(OTHERS)('%s is of none', async (uri) => {
		const { nginx, token } = scene();
		for (const streams of [['room/5/*'], ['*']]) {
			const { status, body } = await nginx(uri, { authorization: `Bearer ${await token(streams, 'bob')}` });
			// nginx takes anything but 401 and 403 for a fault of ours.
			expect([status, body.code], streams[0]).toEqual([403, 'forbidden']);
		}
	});

	it.each(OTHERS)('%s is of none where everybody may read, either', async (uri) => {
		expect((await scene([], 'public').nginx(uri)).status).toBe(403);
	});

	it.each(['/', '/elsewhere', '/HLS/room/5/index.m3u8', 'room/5'])('%s is a mistake of the set-up', async (uri) => {
		expect((await scene().nginx(uri)).body.code).toBe('request_invalid');
	});
});

describe('S3: the path that MediaMTX asks about', () => {
	it.each(['read', 'publish', 'playback'])('is the name of a stream, to %s', async (action) => {
		const { mediaMtx, auth } = scene();
		const rights = { streams: ['room/5/*', '*'], actions: ['read', 'publish', 'playback'] } as const;
		const token = (await bearerOf(auth, rights)).slice('Bearer '.length);
		expect((await mediaMtx({ action, token, path: 'room/5/front' })).status).toBe(200);
		for (const path of ['room/5/../../secret', 'room/5/..', 'room/5/./x', 'room//5', 'room/5/', '/room/5', '..', '']) {
			expect((await mediaMtx({ action, token, path })).body.code, path).toBe('forbidden');
		}
	});

	it('does not matter where the action is about no stream', async () => {
		const { mediaMtx, auth } = scene();
		const token = (await bearerOf(auth, { role: 'admin', actions: ['admin'] })).slice('Bearer '.length);
		expect((await mediaMtx({ action: 'api', token, path: '' })).status).toBe(200);
	});
});
