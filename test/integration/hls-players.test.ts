import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createHlsServer, type HlsServer } from '../../src/hls/server.ts';
import { Clip, type ClipOptions } from '../fakes/clip.ts';
import { FakeDirectory } from '../fakes/fake-directory.ts';
import { checkSuccession, readPlaylist } from '../fakes/playlist-rules.ts';
import { playInFfmpeg } from '../players/ffmpeg.ts';
import { playInMpv } from '../players/mpv.ts';
import { playInVlc } from '../players/vlc.ts';

/** Seconds each player plays. */
const PLAYED = 6;

const clips: [string, ClipOptions][] = [
	['one', { rate: 30, gop: 30 }],
	['live/two', { rate: 25, gop: 50 }],
	['silent', { rate: 25, gop: 25, audio: false }],
	['radio', { rate: 25, gop: 25, video: false }],
];

describe('HLS in real players', () => {
	let folder: string;
	let hls: HlsServer;
	let server: Server;
	let base: string;
	const stops: (() => void)[] = [];

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'hls-players-'));
		const directory = new FakeDirectory();
		for (const [id, options] of clips) {
			const clip = await Clip.make(options);
			const stream = directory.add(id, clip.tracks);
			stops.push(clip.play(stream, systemClock, 0.7));
		}
		hls = createHlsServer({
			directory,
			clock: systemClock,
			logger: silentLogger,
			segmentDuration: 1,
			segmentCount: 3,
			cleanupThreshold: 5,
			outputDir: folder,
			enableCompression: true,
			startTimeout: 5000,
			answerError: (_, response, error) => {
				response.statusCode = 500;
				response.end(error.message);
			},
		});
		server = createServer((request, response) => {
			if (!hls.handle(request, response)) response.writeHead(404).end();
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hls`;
	});

	afterAll(async () => {
		for (const stop of stops) stop();
		await hls.close();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		await rm(folder, { recursive: true });
	});

	const urls = () => clips.map(([id]) => `${base}/${id}/index.m3u8`);

	it.concurrent('plays in ffmpeg without an error', async () => {
		const decoded = await Promise.all(urls().map((url) => playInFfmpeg(url, PLAYED)));
		expect(decoded.map(({ complaints }) => complaints)).toEqual(clips.map(() => ''));
	});

	it.concurrent('plays in mpv without an error', async () => {
		const played = await Promise.all(urls().map((url) => playInMpv(url, PLAYED)));
		expect(played.flatMap(({ errors }) => errors)).toEqual([]);
	});

	it.concurrent('plays in VLC without an error', async () => {
		const play = async ([id, { video }]: (typeof clips)[number]) => {
			const wanted = video === false ? { sounds: 48 * PLAYED } : { pictures: 25 * PLAYED };
			const { faults, pictures, sounds } = await playInVlc(`${base}/${id}/index.m3u8`, wanted);
			return { faults, enough: video === false ? sounds.played >= 48 * PLAYED : pictures.shown >= 25 * PLAYED };
		};
		const reports = await Promise.all(clips.map(play));
		expect(reports).toEqual(clips.map(() => ({ faults: [], enough: true })));
	});

	it.concurrent('keeps the rules of RFC 8216 and m3u8-parser happy', async () => {
		/** Follows a playlist until it has dropped two segments, fetching each segment once. */
		const follow = async (url: string) => {
			const text = async () => (await fetch(url)).text();
			const first = readPlaylist(await text());
			const fetched = new Set<string>();
			let latest = first;
			while (latest.mediaSequence < first.mediaSequence + 2) {
				const next = readPlaylist(await text());
				checkSuccession(latest, next);
				latest = next;
				for (const { uri } of latest.segments.filter((segment) => !fetched.has(segment.uri))) {
					fetched.add(uri);
					const segment = await fetch(new URL(uri, url));
					expect(segment.status).toBe(200);
					expect((await segment.arrayBuffer()).byteLength % 188).toBe(0);
				}
				await new Promise((resolve) => setTimeout(resolve, 100));
			}
			return { target: latest.targetDuration, listed: latest.segments.length };
		};
		const [one, two] = await Promise.all(urls().map(follow));
		expect(one).toEqual({ target: 1, listed: 3 });
		expect(two).toEqual({ target: 2, listed: 3 });
	});
});
