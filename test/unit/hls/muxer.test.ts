import { describe, expect, it, vi } from 'vitest';
import type { Container } from '../../../src/hls/carried-tracks.ts';
import { Continuity } from '../../../src/hls/continuity.ts';
import { Muxer } from '../../../src/hls/muxer.ts';
import type { Segment } from '../../../src/hls/segments/segment.ts';
import type { SegmentMemory } from '../../../src/hls/segments/segment-memory.ts';
import type { VideoTrack } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { picture, pictures, WALL_ZERO } from '../../fakes/access-units.ts';
import { checkSuccession, type ReadPlaylist, readPlaylist } from '../../fakes/playlist-rules.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

function setup(
	container: Container = 'ts',
	onSegment: (segment: Segment) => void = () => {},
	continuity = new Continuity(),
	now = () => 0,
) {
	continuity.startRun(WALL_ZERO);
	const muxer = new Muxer({
		segmentDuration: 1,
		segmentCount: 3,
		run: 'r',
		container,
		continuity,
		now,
		onSegment,
	});
	muxer.setTracks([VIDEO_TRACK]);
	return muxer;
}

it('gives out a target duration that holds for the segment that is being made', () => {
	const muxer = setup();
	for (let frame = 0; frame <= 66; frame++) muxer.push(picture(frame / 25, frame === 0 || frame === 25));
	expect(readPlaylist(muxer.playlist?.plain.toString() ?? '').targetDuration).toBe(1);
	// A player comes 1.6 s after that key picture; the next one is 1.8 s after it.
	const given = readPlaylist(muxer.give()?.plain.toString() ?? '');
	expect(given.targetDuration).toBe(2);
	for (let frame = 67; frame <= 71; frame++) muxer.push(picture(frame / 25, frame === 70));
	const next = readPlaylist(muxer.give()?.plain.toString() ?? '');
	expect(next.targetDuration).toBe(2);
	expect(next.segments.map(({ duration }) => duration)).toEqual([1, 1.8]);
});

it('cuts what comes later within the target duration that it gave out', () => {
	const muxer = setup();
	for (let frame = 0; frame <= 40; frame++) muxer.push(picture(frame / 25, frame === 0 || frame === 25));
	muxer.give();
	for (let frame = 41; frame <= 71; frame++) muxer.push(picture(frame / 25, frame === 70));
	const next = readPlaylist(muxer.give()?.plain.toString() ?? '');
	expect(next.targetDuration).toBe(1);
	for (const { duration } of next.segments) expect(duration).toBeLessThan(1.5);
});

/** The playlists that somebody gets who asks after each segment; held to the rules. */
function follow(units: Iterable<AccessUnit>, container: Container = 'ts'): ReadPlaylist[] {
	const given: ReadPlaylist[] = [];
	const muxer = setup(container, () => given.push(readPlaylist(muxer.give()?.plain.toString() ?? '')));
	for (const unit of units) muxer.push(unit);
	for (const [index, playlist] of given.slice(1).entries()) checkSuccession(given[index] as ReadPlaylist, playlist);
	return given;
}

it('has segments that players can start with where key pictures are ten seconds apart', () => {
	const given = follow(pictures(0, 61, { rate: 25, gop: 250 }));
	expect(given.length).toBe(6);
	for (const { targetDuration, independent } of given) expect([targetDuration, independent]).toEqual([10, true]);
});

/** Another picture format; its key pictures come with other parameter sets. */
const OTHER: VideoTrack = {
	...VIDEO_TRACK,
	facts: { ...(VIDEO_TRACK.facts as NonNullable<VideoTrack['facts']>), width: 128 },
	parameterSets: {
		...(VIDEO_TRACK.parameterSets as { sps: Uint8Array; pps: Uint8Array }),
		pps: Uint8Array.of(0x68, 1),
	},
};

const even = { rate: 25, gop: 25 };
const other = (from: number, to: number) =>
	[...pictures(from, to, even)].map(({ pts, key }) => picture(pts / 90_000, key, { track: OTHER }));
const slow = [picture(6, true), picture(7.1, false)];

it.each([
	['another format after a silence of 2.6 s', [...pictures(0, 5.6, even), ...other(8.2, 12)], 0.6],
	['another format after a silence of 0.7 s', [...pictures(0, 5.92, even), ...other(6.62, 12)], 0.92],
	[
		'a restart after a slow picture',
		[...pictures(0, 6, even), ...slow, ...pictures(12, 16, { ...even, epoch: 1 })],
		1.5,
	],
] as const)('keeps the target duration that it gave out over %s', (_, units, last) => {
	for (const container of ['ts', 'fmp4'] as const) {
		const given = follow(units, container);
		expect(new Set(given.map(({ targetDuration }) => targetDuration))).toEqual(new Set([1]));
		const ended = given.flatMap(({ segments }) => {
			const at = segments.findIndex(({ discontinuity }) => discontinuity);
			return at > 0 ? [segments[at - 1]?.duration] : [];
		});
		expect(ended.length).toBeGreaterThan(0);
		for (const duration of ended) expect(duration).toBeCloseTo(last, 3);
	}
});

describe('the target duration that players of an earlier run know', () => {
	/** Target durations and segments of a second run, after one with key pictures each second. */
	function later(units: Iterable<AccessUnit>, container: Container, open: Iterable<AccessUnit> = []) {
		const continuity = new Continuity();
		const first = setup(container, () => {}, continuity);
		for (const unit of pictures(0, 4, even)) first.push(unit);
		expect(readPlaylist(first.give()?.plain.toString() ?? '').targetDuration).toBe(1);
		const second = setup(container, () => {}, continuity);
		for (const unit of units) second.push(unit);
		const given = [second.give()];
		for (const unit of open) second.push(unit);
		given.push(second.give());
		return given.map((playlist) => readPlaylist(playlist?.plain.toString() ?? ''));
	}
	const early = [picture(0, true), ...pictures(0.04, 1.3, { rate: 25, gop: 1000 })].map((unit, index) =>
		picture(unit.pts / 90_000, index === 0),
	);

	it.each([
		['whose first segment is a little longer', [...early, ...pictures(1.36, 5.4, even)]],
		['with key pictures a little early', [...pictures(0, 6, { rate: 25, gop: 20 })]],
		['with a pause', [...pictures(0, 2, even), ...pictures(5, 8, even)]],
	])('holds in a run %s', (_, units) => {
		for (const container of ['ts', 'fmp4'] as const) {
			const [playlist] = later(units, container);
			expect(playlist?.targetDuration).toBe(1);
			expect(playlist?.segments.length).toBeGreaterThan(2);
		}
	});

	it('holds for a player that comes late in a segment', () => {
		const units = [...pictures(0, 2.4, even)].map((unit) => picture(unit.pts / 90_000, unit.key && unit.pts < 180_000));
		const open = [...pictures(2.4, 4, { rate: 25, gop: 10 })];
		const targets = later(units, 'ts', open).map(({ targetDuration }) => targetDuration);
		expect(targets).toEqual([1, 1]);
	});

	it('rises where key pictures are further apart', () => {
		const [playlist] = later(pictures(0, 9, { rate: 25, gop: 50 }), 'fmp4');
		expect(playlist?.targetDuration).toBe(2);
		for (const { duration } of playlist?.segments ?? []) expect(duration).toBe(2);
	});
});

describe('a removed segment', () => {
	it('is gone after its time, and its memory is given back once, also when no further one comes', () => {
		let now = 0;
		const segments: Segment[] = [];
		const muxer = setup(
			'ts',
			(segment) => segments.push(segment),
			new Continuity(),
			() => now,
		);
		for (const unit of pictures(0, 5.04, { rate: 25, gop: 25 })) muxer.push(unit);
		const [first] = segments as [Segment];
		expect(readPlaylist(muxer.playlist?.plain.toString() ?? '').segments.map(({ uri }) => uri)).not.toContain(
			first.name,
		);
		const release = vi.spyOn(first.memory as SegmentMemory, 'release');
		// Its own second, and the three of the longest playlist.
		now = 3999;
		muxer.expire();
		expect([muxer.find(first.name)?.bytes, release.mock.calls.length]).toEqual([first.bytes, 0]);
		now = 4000;
		expect(muxer.find(first.name)).toBeUndefined();
		muxer.expire();
		muxer.expire();
		expect(release).toHaveBeenCalledTimes(1);
	});
});
