import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Continuity } from '../../../src/hls/continuity.ts';
import { classicNames, parseClassicName, parsePartName, partName } from '../../../src/hls/playlist/names.ts';
import { PlaylistBody, renderPlaylist } from '../../../src/hls/playlist/playlist.ts';
import { PlaylistWindow } from '../../../src/hls/playlist/playlist-window.ts';
import type { CutSegment, Part } from '../../../src/hls/segments/segment.ts';
import { WALL_ZERO } from '../../fakes/access-units.ts';
import { checkSuccession, type ReadPlaylist, readPlaylist } from '../../fakes/playlist-rules.ts';

function setup(continuity = new Continuity(), wall = WALL_ZERO) {
	continuity.startRun(wall);
	const window = new PlaylistWindow({
		segmentCount: 3,
		segmentDuration: 1,
		names: classicNames(wall.toString(36), 'ts'),
		continuity,
	});
	let time = 0;
	return {
		window,
		continuity,
		/** Adds a segment at the time it ends. */
		add(duration: number, changes: Partial<CutSegment & { parts: readonly Part[] }> = {}) {
			const start = time;
			time += duration;
			return window.add(
				{
					bytes: new Uint8Array(188),
					duration,
					frames: 25,
					wall: wall + start * 1000,
					discontinuity: false,
					independent: true,
					...changes,
				},
				time * 1000,
			);
		},
		now: () => time * 1000,
		read: () => readPlaylist(renderPlaylist(window)),
	};
}

describe('playlist', () => {
	it('is a live media playlist with all that players ask for', () => {
		const start = Date.UTC(2025, 0, 1, 0, 1);
		const run = start.toString(36);
		const { add, window } = setup(new Continuity(), start);
		add(1);
		add(1.001);
		add(0.5, { discontinuity: true });
		expect(renderPlaylist(window).split('\n')).toEqual([
			'#EXTM3U',
			'#EXT-X-VERSION:6',
			'#EXT-X-INDEPENDENT-SEGMENTS',
			'#EXT-X-TARGETDURATION:1',
			'#EXT-X-MEDIA-SEQUENCE:120',
			'#EXT-X-DISCONTINUITY-SEQUENCE:0',
			'#EXT-X-PROGRAM-DATE-TIME:2025-01-01T00:01:00.000Z',
			'#EXTINF:1.000000,',
			`seg-${run}-120.ts`,
			'#EXT-X-PROGRAM-DATE-TIME:2025-01-01T00:01:01.000Z',
			'#EXTINF:1.001000,',
			`seg-${run}-121.ts`,
			'#EXT-X-DISCONTINUITY',
			'#EXT-X-PROGRAM-DATE-TIME:2025-01-01T00:01:02.001Z',
			'#EXTINF:0.500000,',
			`seg-${run}-122.ts`,
			'',
		]);
	});

	it('keeps its rules from one state to the next, whatever is cut', () => {
		const cut = fc.record({ duration: fc.integer({ min: 100, max: 1490 }), discontinuity: fc.boolean() });
		fc.assert(
			fc.property(fc.array(cut, { minLength: 1, maxLength: 30 }), (cuts) => {
				const { add, read } = setup();
				let before: ReadPlaylist | undefined;
				for (const [index, { duration, discontinuity }] of cuts.entries()) {
					add(duration / 1000, { discontinuity: discontinuity && index > 0 });
					const playlist = read();
					if (before) checkSuccession(before, playlist);
					before = playlist;
				}
			}),
		);
	});

	it('holds the segments asked for, and more only where they are short', () => {
		const exact = setup();
		for (let count = 0; count < 9; count++) exact.add(1);
		expect(exact.window.listed.length).toBe(3);
		const short = setup();
		for (let count = 0; count < 9; count++) short.add(0.99);
		expect(short.window.listed.length).toBe(4);
	});

	it('sets the target duration by the first segment, with room for trembling', () => {
		for (const [first, target] of [
			[1, 1],
			[1.2, 1],
			[1.35, 2],
			[2, 2],
			[2.04, 2],
			[4, 4],
			[0.3, 1],
		] as const) {
			const { add, read } = setup();
			add(first);
			expect(read().targetDuration).toBe(target);
		}
	});

	it('raises the target duration rather than break it, and keeps it in later runs', () => {
		const { add, read, continuity } = setup();
		add(1);
		add(3.6);
		expect(read().targetDuration).toBe(4);
		const later = setup(continuity, WALL_ZERO + 60_000);
		later.add(1);
		expect(later.read().targetDuration).toBe(4);
	});

	it('lets no segment pass the target duration once it is told', () => {
		const { add, window } = setup();
		add(1.1);
		expect(window.longest).toBe(Number.POSITIVE_INFINITY);
		window.promise();
		expect(window.longest).toBe(1.5);
	});

	it('counts discontinuities over runs, in numbers that players can use as an index', () => {
		const { add, read, continuity } = setup();
		for (let count = 0; count < 5; count++) add(1, { discontinuity: count === 1 });
		expect(read()).toMatchObject({ discontinuitySequence: 1 });
		const later = setup(continuity, WALL_ZERO + 60_000);
		later.add(1);
		expect(later.read()).toMatchObject({ discontinuitySequence: 2 });
	});

	it('does not call segments independent when one is not', () => {
		const { add, read } = setup();
		add(1);
		expect(read().independent).toBe(true);
		add(1, { independent: false });
		expect(read().independent).toBe(false);
		for (let count = 0; count < 4; count++) add(1);
		expect(read().independent).toBe(true);
	});

	it('never goes back, over runs, restarts of the process and a clock set back', () => {
		const first = setup();
		for (let count = 0; count < 5; count++) first.add(1, { discontinuity: count === 2 });
		const last = first.read();
		// A new process half a minute later knows nothing of the first.
		const restarted = setup(new Continuity(), WALL_ZERO + 30_000);
		restarted.add(1);
		expect(restarted.read().mediaSequence).toBeGreaterThan(last.mediaSequence + 3);
		const setBack = setup(restarted.continuity, WALL_ZERO - 1_000_000);
		setBack.add(1);
		expect(setBack.read().mediaSequence).toBeGreaterThan(restarted.read().mediaSequence);
		expect(setBack.read().discontinuitySequence).toBeGreaterThan(restarted.read().discontinuitySequence);
		expect(setBack.read().segments[0]?.uri).not.toBe(restarted.read().segments[0]?.uri);
	});

	it('keeps dates going when the clock is set back in the middle', () => {
		const { add, read } = setup();
		add(1);
		add(1, { wall: WALL_ZERO - 3_600_000 });
		add(1, { wall: WALL_ZERO - 3_599_000 });
		expect(read().segments.map(({ wall }) => wall - WALL_ZERO)).toEqual([0, 1000, 2000]);
	});

	it('dates segments by the durations before them while the wall clock trembles, and follows it gently when it drifts', () => {
		const { add, read } = setup();
		const offs = [0, 1, -1, 15, -15, 30, 31, 31, 31, 31, 24, -30, -30];
		const dates = offs.map((off, index) => {
			add(1, { wall: WALL_ZERO + index * 1000 + off });
			return (read().segments.at(-1)?.wall ?? 0) - WALL_ZERO - index * 1000;
		});
		expect(dates).toEqual([0, 0, 0, 0, 0, 3, 6, 9, 12, 12, 12, 9, 6]);
	});

	it('takes the time of a clock that was set forward at once', () => {
		const { add } = setup();
		const dates = [0, 3_600_000, 3_600_001].map((off, index) => {
			const { wall } = add(1, { wall: WALL_ZERO + index * 1000 + off });
			return wall - WALL_ZERO - index * 1000;
		});
		expect(dates).toEqual([0, 3_600_000, 3_600_000]);
	});

	it('keeps a removed segment fetchable for its duration and the longest playlist', () => {
		const { add, window, now } = setup();
		const first = add(1);
		for (let count = 0; count < 3; count++) add(1);
		const removedAt = now();
		expect(window.listed).not.toContain(first);
		expect(window.find(first.name, removedAt + 3999)).toBe(first);
		expect(window.find(first.name, removedAt + 4000)).toBeUndefined();
		for (let count = 0; count < 20; count++) add(1);
		const kept = [...Array(25).keys()].filter((index) =>
			window.find(first.name.replace(/\d+\.ts$/, `${first.sequence + index}.ts`), now()),
		);
		expect(kept.length).toBe(3 + 4);
	});

	it('counts the parts of the segment under way to the longest playlist', () => {
		const { add, window, now } = setup();
		const first = add(1, { parts: [] });
		for (let count = 0; count < 3; count++) add(1, { parts: [] });
		expect(window.find(first.name, now() + 4999)).toBe(first);
		expect(window.find(first.name, now() + 5000)).toBeUndefined();
	});

	it('is compressed once, and tagged by what it says', () => {
		const body = new PlaylistBody('#EXTM3U\n');
		expect(gunzipSync(body.as('gzip')).toString()).toBe('#EXTM3U\n');
		expect(brotliDecompressSync(body.as('br')).toString()).toBe('#EXTM3U\n');
		expect(body.as('gzip')).toBe(body.as('gzip'));
		expect(body.tag('br')).not.toBe(body.tag('identity'));
		expect(new PlaylistBody('#EXTM3U\n').tag('br')).toBe(body.tag('br'));
		expect(new PlaylistBody('#EXTM3U\n\n').tag('br')).not.toBe(body.tag('br'));
	});
});

describe('segment names', () => {
	it('of parts lead to the segment', () => {
		expect(partName('ll-a-7.m4s', 12)).toBe('ll-a-7.12.m4s');
		expect(parsePartName('ll-a-7.12.m4s')).toEqual({ segment: 'll-a-7.m4s', index: 12 });
		for (const name of ['ll-a-7.m4s', 'll-a-7.mp4', '7.m4s', '']) expect(parsePartName(name)).toBeUndefined();
	});

	it('are told from every other file', () => {
		expect(parseClassicName('seg-mwq3el9e-119113778.ts')).toEqual({ run: 'mwq3el9e', sequence: 119_113_778 });
		for (const name of [
			'seg-a-1.ts.tmp',
			'seg--1.ts',
			'seg-a-1.mkv',
			'll-a-1.m4s',
			'a/seg-a-1.ts',
			'index.m3u8',
			'.gitkeep',
			'',
		]) {
			expect(parseClassicName(name)).toBeUndefined();
		}
	});
});
