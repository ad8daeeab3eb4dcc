import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Auth } from '../../src/auth/auth.ts';
import { httpGate } from '../../src/auth/http-gate.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { TrustedProxies } from '../../src/base/trusted-proxies.ts';
import { pictures } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { HlsHost } from '../fakes/hls-host.ts';
import { readLowLatency } from '../fakes/low-latency-rules.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const LIFETIME_S = 600;
/** With the difference that clocks may have. */
const EXPIRED_MS = (LIFETIME_S + 30) * 1000;

let clock: VirtualClock;
let camera: FakeStream;
let auth: Auth;
let host: HlsHost;
let token: string;

beforeEach(async () => {
	clock = new VirtualClock();
	const directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK]);
	auth = new Auth(
		{
			...{ read: 'jwt', issuer: 'here', audience: 'here', lifetime: LIFETIME_S, openIssuing: false },
			...{ apiKeys: [], classes: {}, classCodes: {}, issuers: [] },
		},
		{ clock, logger: silentLogger },
	);
	const gate = httpGate(auth.access, 'hls', new TrustedProxies([]));
	host = await HlsHost.start(directory, clock, { gate, idleTimeout: 3_600_000 });
	token = await issue('viewer');
});
afterEach(async () => {
	await host.close();
	auth.close();
});

async function issue(subject: string): Promise<string> {
	const lifetime = LIFETIME_S;
	const wish = { subject, role: 'student', actions: ['read'], streams: ['cam'], lifetime } as const;
	return (await auth.issue(wish)).token;
}

const ask = (path: string, bearer = token) => host.ask(path, { headers: { authorization: `Bearer ${bearer}` } });

function deliver(from: number, to: number): void {
	for (const unit of pictures(from, to, { rate: 25, gop: 25 })) camera.deliver(unit);
}

async function play() {
	const first = ask('/cam/ll.m3u8');
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliver(0, 1.3);
	expect((await first).status).toBe(200);
	return readLowLatency((await ask('/cam/ll.m3u8')).body.toString());
}

/** The multivariant playlist, which waits for two segments. */
function described() {
	const answer = ask('/cam/ll-master.m3u8');
	deliver(1.32, 2.6);
	return answer;
}

type Told = { readonly told: Promise<[status: number, code: string]> };

/** Asks, and waits until the request is held. */
async function hold(path: string, bearer = token): Promise<Told> {
	await clock.advance(1);
	const before = host.hls.get('cam')?.last_request_at;
	const answer = ask(path, bearer);
	await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(before));
	return { told: answer.then(({ status, body }) => [status, status === 200 ? '' : JSON.parse(`${body}`).code]) };
}

describe('what only some may read', () => {
	it('is kept by no shared cache: playlists, segments, parts and pieces of them', async () => {
		const { hint, segments } = await play();
		const late = ask(`/cam/${hint}`);
		const etag = String((await ask('/cam/ll.m3u8')).headers.etag);
		const bearer = { authorization: `Bearer ${token}` };
		const uri = segments[0]?.uri;
		const told: unknown[] = [];
		for (const [file, headers] of [
			['ll.m3u8', {}],
			['ll.m3u8', { 'if-none-match': etag }],
			['ll-master.m3u8', {}],
			[uri, {}],
			[segments[0]?.map, {}],
			[segments[0]?.parts[0]?.uri, {}],
			[uri, { range: 'bytes=0-9' }],
			[uri, { range: 'bytes=99999999-' }],
			['ll-none-1.m4s', {}],
		] as const) {
			const answer =
				file === 'll-master.m3u8' ? described() : host.ask(`/cam/${file}`, { headers: { ...bearer, ...headers } });
			const { status, headers: got } = await answer;
			told.push([status, got['cache-control']]);
		}
		const media = 'private, max-age=31536000, immutable';
		expect(told).toEqual([
			[200, 'private, no-cache'],
			[304, 'private, no-cache'],
			[200, 'private, no-cache'],
			...[200, 200, 200, 206].map((status) => [status, media]),
			[416, 'no-store'],
			[404, 'no-store'],
		]);
		expect((await late).headers['cache-control']).toBe(media);
	});

	it('is kept by no cache at all where its addresses carry the token', async () => {
		await play();
		const { status, headers, body } = await host.ask(`/cam/ll.m3u8?jwt=${token}`);
		expect([status, headers['cache-control'], headers.etag]).toEqual([200, 'private, no-store', undefined]);
		expect(body.toString()).toContain(`.m4s?jwt=${token}`);
		expect((await host.ask('/cam/ll.m3u8')).headers['cache-control']).toBe('no-store');
	});
});

describe('a request that is held', () => {
	it('gets no playlist and no part when its token is revoked meanwhile; others do', async () => {
		const { hint, segments } = await play();
		const open = segments.at(-1);
		const reload = `/cam/ll.m3u8?_HLS_msn=${open?.sequence}&_HLS_part=${open?.parts.length}`;
		const other = await issue('other');
		const held: Told[] = [];
		for (const bearer of [token, other]) {
			held.push(await hold(reload, bearer), await hold(`/cam/${hint}`, bearer));
		}
		auth.revoke({ subject: 'viewer' });
		deliver(1.32, 1.6);
		expect(await Promise.all(held.map(({ told }) => told))).toEqual([
			[401, 'token_revoked'],
			[401, 'token_revoked'],
			[200, ''],
			[200, ''],
		]);
	});

	it('gets none when its token expires meanwhile', async () => {
		const { hint } = await play();
		await clock.advance(EXPIRED_MS - 1000);
		deliver(1.32, 1.36);
		const { told } = await hold(`/cam/${hint}`);
		await clock.advance(1000);
		deliver(1.4, 1.6);
		expect(await told).toEqual([401, 'token_expired']);
	});

	it('gets no first playlist of the classic output either', async () => {
		const answer = ask('/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		auth.revoke({ subject: 'viewer' });
		deliver(0, 3.04);
		const { status, body } = await answer;
		expect([status, JSON.parse(body.toString()).code]).toEqual([401, 'token_revoked']);
	});
});
