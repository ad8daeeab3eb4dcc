import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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

let clock: VirtualClock;
let camera: FakeStream;
let auth: Auth;
let host: HlsHost;
let asked: string[];

beforeEach(async () => {
	clock = new VirtualClock();
	asked = [];
	const directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK]);
	auth = new Auth(
		{
			...{ read: 'http', issuer: 'here', audience: 'here', lifetime: 600, openIssuing: false },
			...{ apiKeys: [], classes: {}, classCodes: {}, issuers: [] },
			http: { url: 'http://auth.example/', timeout: 1000, cache: 10_000 },
		},
		{
			...{ clock, logger: silentLogger },
			/** Knows viewers by `?key=`. */
			fetch: async (_url, init) => {
				const { query } = JSON.parse(String(init?.body)) as { query: string };
				asked.push(query);
				return new Response('', { status: new URLSearchParams(query).get('key') === 'good' ? 200 : 401 });
			},
		},
	);
	const gate = httpGate(auth.access, 'hls', new TrustedProxies([]));
	host = await HlsHost.start(directory, clock, { gate, idleTimeout: 3_600_000 });
});
afterEach(async () => {
	await host.close();
	auth.close();
});

it('a player whose key stands in the address gets all of a low-latency playlist, for one question', async () => {
	const first = host.ask('/cam/ll.m3u8?key=good');
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	for (const unit of pictures(0, 2.3, { rate: 25, gop: 25 })) camera.deliver(unit);
	const { status, body } = await first;
	expect(status).toBe(200);
	const { segments } = readLowLatency(body.toString());
	const open = segments.at(-1);
	const reload = `_HLS_msn=${open?.sequence}&_HLS_part=${(open?.parts.length ?? 1) - 1}`;
	expect((await host.ask(`/cam/ll.m3u8?key=good&${reload}`)).status).toBe(200);
	const named = [...body.toString().matchAll(/^(?!#)(\S+)$|(?:MAP|PART):.*?URI="([^"]+)"/gm)];
	const files = named.map(([, line, attribute]) => line ?? attribute);
	expect(files.length).toBeGreaterThan(5);
	for (const file of files) expect((await host.ask(`/cam/${file}`)).status, file).toBe(200);
	expect(asked).toEqual(['key=good']);
	for (const query of ['', '?key=bad', `?key=bad&${reload}`]) {
		expect((await host.ask(`/cam/ll.m3u8${query}`)).status, query).toBe(401);
	}
});
