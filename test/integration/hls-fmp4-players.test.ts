import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Clip } from '../fakes/clip.ts';
import { FakeDirectory } from '../fakes/fake-directory.ts';
import { HlsHost } from '../fakes/hls-host.ts';
import { checkLowLatencySuccession, type ReadLowLatency, readLowLatency } from '../fakes/low-latency-rules.ts';
import { playInFfmpeg } from '../players/ffmpeg.ts';
import { playInMpv } from '../players/mpv.ts';
import { playInVlc } from '../players/vlc.ts';

/** Seconds each player plays. */
const PLAYED = 6;

describe('fragmented MP4 in real players', () => {
	let host: HlsHost;
	const stops: (() => void)[] = [];
	const urls: string[] = [];

	beforeAll(async () => {
		const directory = new FakeDirectory();
		for (const [id, options] of [
			['one', { rate: 30, gop: 30 }],
			['two', { rate: 25, gop: 50, bFrames: 2 }],
		] as const) {
			const clip = await Clip.make(options);
			stops.push(clip.play(directory.add(id, clip.tracks), systemClock, 0.7));
		}
		host = await HlsHost.start(directory, systemClock, { container: 'fmp4', enableCompression: true });
		for (const file of ['one/master.m3u8', 'two/index.m3u8', 'one/ll-master.m3u8', 'two/ll.m3u8']) {
			urls.push(`${host.base}/${file}`);
		}
	});

	afterAll(async () => {
		for (const stop of stops) stop();
		await host.close();
	});

	it.concurrent('plays in ffmpeg without an error', async () => {
		const decoded = await Promise.all(urls.map((url) => playInFfmpeg(url, PLAYED)));
		expect(decoded.map(({ complaints }) => complaints)).toEqual(urls.map(() => ''));
	});

	it.concurrent('plays in mpv without an error', async () => {
		const played = await Promise.all(urls.map((url) => playInMpv(url, PLAYED)));
		expect(played.flatMap(({ errors }) => errors)).toEqual([]);
	});

	it.concurrent('plays in VLC without an error', async () => {
		const reports = await Promise.all(urls.slice(0, 2).map((url) => playInVlc(url, { pictures: 25 * PLAYED })));
		expect(reports.flatMap(({ faults }) => faults)).toEqual([]);
		for (const { pictures } of reports) expect(pictures.shown).toBeGreaterThanOrEqual(25 * PLAYED);
	});

	it.concurrent('keeps the rules of low-latency HLS while a player follows it by blocking reload', async () => {
		const follow = async (url: string) => {
			const fetched = new Set<string>();
			const load = async (query: string) => readLowLatency(await (await fetch(url + query)).text());
			const first = await load('');
			let latest: ReadLowLatency = first;
			while (latest.mediaSequence < first.mediaSequence + 2) {
				const last = latest.segments.at(-1) as ReadLowLatency['segments'][number];
				const [msn, part] = last.uri ? [last.sequence + 1, 0] : [last.sequence, last.parts.length];
				const hinted = fetch(new URL(latest.hint, url));
				const next = await load(`?_HLS_msn=${msn}&_HLS_part=${part}`);
				expect((await hinted).status).toBe(200);
				checkLowLatencySuccession(latest, next);
				latest = next;
				for (const { uri } of latest.segments.flatMap(({ parts }) => parts)) {
					if (fetched.has(uri)) continue;
					fetched.add(uri);
					const response = await fetch(new URL(uri, url));
					expect(response.status).toBe(200);
					await response.arrayBuffer();
				}
			}
			return [latest.targetDuration, first.partTarget === latest.partTarget];
		};
		const low = urls.slice(2).map((url) => url.replace('ll-master', 'll'));
		expect(await Promise.all(low.map(follow))).toEqual([
			[1, true],
			[2, true],
		]);
	});
});
