import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AAC_TRACK, pictures } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { HlsHost } from '../fakes/hls-host.ts';
import { readLowLatency } from '../fakes/low-latency-rules.ts';
import { readPlaylist } from '../fakes/playlist-rules.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

let clock: VirtualClock;
let directory: FakeDirectory;
let camera: FakeStream;
let host: HlsHost;

beforeEach(() => {
	clock = new VirtualClock();
	directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK, AAC_TRACK]);
});
afterEach(() => host.close());

function deliver(from: number, to: number): void {
	for (const unit of pictures(from, to, { rate: 25, gop: 25 })) camera.deliver(unit);
}

async function play(playlist: string, to = 3.04, from = 0): Promise<string> {
	const first = host.ask(`/cam/${playlist}`);
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliver(from, to);
	expect((await first).status).toBe(200);
	return (await host.ask(`/cam/${playlist}`)).body.toString();
}

describe('answers', () => {
	it('say what they are: playlists, MPEG-TS, fragmented MP4 and its header', async () => {
		host = await HlsHost.start(directory, clock);
		const [segment] = readPlaylist(await play('index.m3u8')).segments;
		const started = host.ask('/cam/ll.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(2));
		deliver(3.08, 5.04);
		const low = readLowLatency((await started).body.toString());
		const [first] = low.segments;
		const part = low.segments.flatMap(({ parts }) => parts)[0]?.uri;
		const types: unknown[] = [];
		for (const file of ['index.m3u8', 'll.m3u8', segment?.uri, first?.map, first?.uri, part]) {
			const { status, headers, body } = await host.ask(`/cam/${file}`);
			types.push([status, headers['content-type']]);
			expect(headers['content-length']).toBe(String(body.length));
			expect(headers['accept-ranges']).toBeUndefined();
		}
		const playlist = [200, 'application/vnd.apple.mpegurl'];
		const mp4 = [200, 'video/mp4'];
		expect(types).toEqual([playlist, playlist, [200, 'video/mp2t'], mp4, mp4, mp4]);
	});

	it('are open to pages of every origin, whatever they say', async () => {
		host = await HlsHost.start(directory, clock);
		const text = await play('ll.m3u8');
		const { segments, hint } = readLowLatency(text);
		const uri = segments[0]?.uri;
		const etag = String((await host.ask('/cam/ll.m3u8')).headers.etag);
		const cases: [number, string, { method?: string; headers?: Record<string, string> }][] = [
			[200, 'll.m3u8', {}],
			[200, 'll.m3u8', { method: 'HEAD' }],
			[304, 'll.m3u8', { headers: { 'if-none-match': etag } }],
			[206, `${uri}`, { headers: { range: 'bytes=0-1' } }],
			[416, `${uri}`, { headers: { range: 'bytes=99999999-' } }],
			[404, 'll-none-1.m4s', {}],
			[400, 'll.m3u8?_HLS_part=1', {}],
			[405, 'll.m3u8', { method: 'PUT' }],
			[204, 'll.m3u8', { method: 'OPTIONS' }],
		];
		const late = host.ask(`/cam/${hint}`);
		const statuses: number[] = [];
		for (const [, file, options] of cases) {
			const { status, headers } = await host.ask(`/cam/${file}`, options);
			statuses.push(status);
			expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' });
			expect(headers.location).toBeUndefined();
			if (status >= 400) expect(headers['cache-control']).toBe('no-store');
		}
		expect(statuses).toEqual(cases.map(([status]) => status));
		await clock.advance(4000);
		const { status, headers } = await late;
		expect([status, headers['access-control-allow-origin'], headers['cache-control']]).toEqual([503, '*', 'no-store']);
	});

	it('are the same bytes, packed or not', async () => {
		host = await HlsHost.start(directory, clock, { enableCompression: true });
		const plain = await play('ll.m3u8');
		const as = async (coding: string) =>
			(await host.ask('/cam/ll.m3u8', { headers: { 'accept-encoding': coding } })).body;
		expect(gunzipSync(await as('gzip')).toString()).toBe(plain);
		expect(brotliDecompressSync(await as('br')).toString()).toBe(plain);
	});

	it('for files never change: a name comes again neither in the next run nor after a restart', async () => {
		const seen: string[] = [];
		const runs = 3;
		for (let run = 0; run < runs; run++) {
			host = await HlsHost.start(directory, clock);
			const text = await play('ll.m3u8', run * 4 + 1.3, run * 4);
			const names = [...text.matchAll(/(?:^|URI=")(ll-[^"\n]+)/gm)].map(([, name = '']) => name);
			seen.push(...new Set(names));
			await host.close();
			await clock.advance(1000);
		}
		expect(seen.length).toBeGreaterThan(runs * 6);
		expect(new Set(seen).size).toBe(seen.length);
		host = await HlsHost.start(directory, clock);
	});

	it('name no other rendition where there is one alone', async () => {
		host = await HlsHost.start(directory, clock);
		expect(await play('ll.m3u8')).not.toContain('RENDITION-REPORT');
	});
});

it('no byte of a hinted part leaves before it is whole', async () => {
	host = await HlsHost.start(directory, clock);
	const { hint } = readLowLatency(await play('ll.m3u8', 1.3));
	const before = host.hls.get('cam')?.last_request_at;
	await clock.advance(1);
	const events: string[] = [];
	const done = new Promise((resolve, reject) => {
		const outgoing = request(`${host.base}/cam/${hint}`, { agent: false }, (response) => {
			events.push('head');
			response.resume();
			response.on('end', resolve);
		});
		outgoing.on('error', reject);
		outgoing.end();
	});
	await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(before));
	// The pictures of a part but its last one.
	deliver(1.32, 1.36);
	expect((await host.ask('/cam/ll.m3u8')).status).toBe(200);
	expect(events).toEqual([]);
	events.push('whole');
	deliver(1.4, 1.6);
	await done;
	expect(events).toEqual(['whole', 'head']);
});
