import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VideoFacts } from '../../src/media/track.ts';
import { AAC_TRACK, pictures, sound } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { HlsHost } from '../fakes/hls-host.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

let directory: FakeDirectory;
let camera: FakeStream;
let host: HlsHost;

beforeEach(async () => {
	directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK, AAC_TRACK]);
	host = await HlsHost.start(directory, new VirtualClock());
});
afterEach(() => host.close());

async function play(file: string): Promise<string> {
	const answer = host.ask(`/cam/${file}`);
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	for (const unit of pictures(0, 4.04, { rate: 25, gop: 25 })) camera.deliver(unit);
	return (await answer).body.toString();
}

/** Bits per second of each listed segment. */
async function measure(playlist: string): Promise<number[]> {
	const text = (await host.ask(`/cam/${playlist}`)).body.toString();
	const listed = [...text.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)];
	return Promise.all(
		listed.map(async ([, duration, uri]) => ((await host.ask(`/cam/${uri}`)).body.length * 8) / Number(duration)),
	);
}

describe.each([
	['master.m3u8', 'index.m3u8'],
	['ll-master.m3u8', 'll.m3u8'],
])('multivariant playlist %s', (master, playlist) => {
	it('leads to its media playlist, and says what was measured', async () => {
		await play(master);
		const { headers, body } = await host.ask(`/cam/${master}`);
		expect(headers).toMatchObject({ 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-cache' });
		const [, attributes = '', uri] = /^#EXT-X-STREAM-INF:(.*)\n(.*)$/m.exec(body.toString()) ?? [];
		expect(uri).toBe(playlist);
		expect(attributes).toContain(
			'CODECS="avc1.42c00a,mp4a.40.2",RESOLUTION=64x48,FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE',
		);
		const rates = await measure(playlist);
		const [, peak, average] = /BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)/.exec(attributes) ?? [];
		expect(Number(peak) / Math.max(...rates)).toBeGreaterThanOrEqual(1.5);
		expect(Number(peak) / Math.max(...rates)).toBeLessThanOrEqual(1.8);
		const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
		expect(Number(average)).toBeCloseTo(mean, -2);
	});

	it('says the busiest rate as it is when enough was seen', async () => {
		await play(master);
		for (const unit of pictures(4.04, 12.04, { rate: 25, gop: 25 })) camera.deliver(unit);
		const [, peak] = /BANDWIDTH=(\d+)/.exec((await host.ask(`/cam/${master}`)).body.toString()) ?? [];
		const rates = await measure(playlist);
		expect(Number(peak)).toBeGreaterThanOrEqual(Math.max(...rates));
		expect(Number(peak)).toBeLessThanOrEqual(1.2 * Math.max(...rates));
	});

	it.each(['PQ', 'HLG'] as const)('says of pictures in %s what range they have', async (range) => {
		camera.tracks = [{ ...VIDEO_TRACK, facts: { ...VIDEO_TRACK.facts, range } as VideoFacts }];
		expect(await play(master)).toContain(`,VIDEO-RANGE=${range},`);
	});

	it('says nothing of the range of others', async () => {
		expect(await play(master)).not.toContain('VIDEO-RANGE');
	});

	it('says nothing of pictures where there is sound alone', async () => {
		camera.tracks = [AAC_TRACK];
		const answer = host.ask(`/cam/${master}`);
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		for (let frame = 0; frame < 250; frame++) camera.deliver(sound((frame * 1024) / 48_000));
		const text = (await answer).body.toString();
		expect(text).toContain('CODECS="mp4a.40.2"\n');
		expect(text).not.toMatch(/RESOLUTION|FRAME-RATE/);
	});

	it('does not make its client wait for a longer media playlist', async () => {
		expect(await play(master)).toContain(playlist);
		expect((await host.ask(`/cam/${playlist}`)).status).toBe(200);
	});

	it('leads to a media playlist of two segments at least: not all players find their way from one', async () => {
		const answer = host.ask(`/cam/${master}`);
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		const units = [...pictures(0, 3.04, { rate: 25, gop: 25 })];
		for (const unit of units.slice(0, 26)) camera.deliver(unit);
		if (playlist === 'll.m3u8') expect((await host.ask(`/cam/${playlist}`)).status).toBe(200);
		for (const unit of units.slice(26)) camera.deliver(unit);
		expect((await answer).status).toBe(200);
		const listed = (await host.ask(`/cam/${playlist}`)).body.toString().split('#EXTINF').length - 1;
		expect(listed).toBeGreaterThanOrEqual(2);
	});

	it('guesses no codec before the camera has told', async () => {
		const { facts: _, ...unknown } = VIDEO_TRACK;
		camera.tracks = [unknown];
		await play(playlist);
		expect((await host.ask(`/cam/${master}`)).status).toBe(503);
	});
});
