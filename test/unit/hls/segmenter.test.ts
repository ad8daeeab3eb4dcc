import { describe, expect, it } from 'vitest';
import { carriedTracks } from '../../../src/hls/carried-tracks.ts';
import { TsSegmentWriter } from '../../../src/hls/mpegts/ts-segment-writer.ts';
import type { CutSegment } from '../../../src/hls/segments/segment.ts';
import { MAX_SEGMENT_BYTES, MAX_SEGMENT_SECONDS, Segmenter } from '../../../src/hls/segments/segmenter.ts';
import type { Track, VideoTrack } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, OPUS_TRACK, picture, pictures, sound, WALL_ZERO } from '../../fakes/access-units.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { Demuxer } from './demux.ts';

function setup(
	tracks: readonly Track[] = [VIDEO_TRACK, AAC_TRACK],
	longest = () => Number.POSITIVE_INFINITY,
	segmentDuration = 1,
) {
	const segments: CutSegment[] = [];
	const segmenter = new Segmenter({
		segmentDuration,
		writer: new TsSegmentWriter(),
		longest,
		onSegment: (segment) => segments.push(segment),
	});
	segmenter.setTracks(carriedTracks(tracks));
	const push = (units: Iterable<AccessUnit>) => {
		for (const unit of units) segmenter.push(unit);
	};
	return { segments, segmenter, push, durations: () => segments.map(({ duration }) => duration) };
}

/** A decoding time in a segment, in seconds of the stream's timeline. */
function seconds(ticks: number): number {
	return (ticks - 900_000) / 90_000;
}

describe('segmenter', () => {
	it('cuts at the first key picture at or after the duration', () => {
		const often = setup();
		often.push(pictures(0, 7, { rate: 25, gop: 10 }));
		expect(often.durations()).toEqual([1.2, 1.2, 1.2, 1.2, 1.2]);
		const exact = setup();
		exact.push(pictures(0, 4.1, { rate: 30, gop: 30 }));
		expect(exact.durations()).toEqual([1, 1, 1, 1]);
		const seldom = setup();
		seldom.push(pictures(0, 9, { rate: 25, gop: 100 }));
		expect(seldom.durations()).toEqual([4, 4]);
	});

	it('cuts where the picture begins to be refreshed, into segments that nobody starts with, until a key picture comes', () => {
		const { segments, push, durations } = setup();
		const refreshed = [0, 1, 2, 3].flatMap((time) => [
			{ ...picture(time, true), refresh: true as const },
			picture(time + 0.2, false),
		]);
		push([...refreshed, picture(3.4, true), picture(3.9, false), picture(4.4, true)]);
		expect(durations().map((duration) => duration.toFixed(1))).toEqual(['1.0', '1.0', '1.0', '0.4', '1.0']);
		expect(segments.map(({ independent }) => independent)).toEqual([false, false, false, false, true]);
	});

	it('does not miss a key picture whose stamp trembles', () => {
		const { push, durations } = setup();
		push([0, 0.996, 2.003, 3.001].flatMap((time) => [picture(time, true), picture(time + 0.5, false)]));
		expect(durations().map((duration) => duration.toFixed(3))).toEqual(['0.996', '1.007', '0.998']);
	});

	it('puts two pictures into each at least, as MPEG-TS does not say how long the last one is shown', () => {
		const { push, durations } = setup();
		push(pictures(0, 9, { rate: 1, gop: 1 }));
		expect(durations()).toEqual([2, 2, 2, 2]);
	});

	it('starts each segment with a key picture, and with it the audio', () => {
		const { segments, push } = setup();
		const units: AccessUnit[] = [...pictures(0, 3.1, { rate: 25, gop: 25 })];
		for (let time = -0.1; time < 3.1; time += 1024 / 48_000) units.push(sound(time));
		push(units.sort((one, other) => one.arrival - other.arrival));
		expect(segments.length).toBe(3);
		const demuxer = new Demuxer();
		for (const [index, segment] of segments.entries()) {
			const { pes } = demuxer.read(segment.bytes);
			const [first] = pes.filter(({ pid }) => pid === 0x100);
			const [audio] = pes.filter(({ pid }) => pid === 0x101);
			expect(first).toMatchObject({ randomAccess: true });
			expect(seconds(first?.dts ?? 0)).toBeCloseTo(index, 6);
			expect(Math.abs(seconds(audio?.pts ?? 0) - index)).toBeLessThan(0.04);
			expect(segment).toMatchObject({ independent: true, discontinuity: false, wall: WALL_ZERO + index * 1000 });
		}
	});

	it('sums up to the time that passed', () => {
		const { push, durations } = setup();
		const frames = [...pictures(0, 20, { rate: 29.97, gop: 30 })];
		push(frames);
		const sum = durations().reduce((total, duration) => total + duration, 0);
		expect(sum).toBeCloseTo(durations().length * (30 / 29.97), 4);
	});

	it('cuts between audio frames when there is no video', () => {
		const { segments, push, durations } = setup([AAC_TRACK]);
		push(Array.from({ length: 150 }, (_, index) => sound((index * 1024) / 48_000)));
		expect(durations().map((duration) => duration.toFixed(4))).toEqual(['1.0027', '1.0027', '1.0027']);
		expect(segments.every(({ independent }) => independent)).toBe(true);
	});

	it('marks the break when the camera came back, and keeps the counters going', () => {
		const { segments, push } = setup();
		push(pictures(0, 1.52, { rate: 25, gop: 25 }));
		push([sound(9.9, { epoch: 1 })]);
		push(pictures(10, 12.1, { rate: 25, gop: 25, epoch: 1 }));
		expect(segments.map(({ duration }) => duration.toFixed(2))).toEqual(['1.00', '0.52', '1.00', '1.00']);
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true, false]);
		const demuxer = new Demuxer();
		const firsts = segments.map(({ bytes }) => demuxer.read(bytes).pes.find(({ pid }) => pid === 0x100));
		const times = firsts.map((first) => seconds(first?.dts ?? 0));
		expect(times).toEqual([0, 1, 10, 11]);
	});

	it('ends the segment where the picture changes its format', () => {
		const { segments, push } = setup();
		const facts = { ...VIDEO_TRACK.facts, width: 1280, height: 720 } as NonNullable<VideoTrack['facts']>;
		push(pictures(0, 0.5, { rate: 25, gop: 25 }));
		push([picture(0.5, true, { track: { ...VIDEO_TRACK, facts } }), picture(1, false)]);
		push([picture(1.5, true, { track: { ...VIDEO_TRACK, facts: { ...facts } } }), picture(2, false)]);
		push([picture(2.5, true, { track: { ...VIDEO_TRACK, facts } })]);
		expect(segments.map(({ duration }) => duration)).toEqual([0.5, 1, 1]);
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, true, false]);
	});

	it('ends the segment where the track set changes', () => {
		const { segments, segmenter, push } = setup();
		push(pictures(0, 0.6, { rate: 25, gop: 25 }));
		segmenter.setTracks(carriedTracks([VIDEO_TRACK, OPUS_TRACK]));
		push(pictures(1, 2.1, { rate: 25, gop: 25 }));
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, true]);
		const demuxer = new Demuxer();
		const read = segments.map(({ bytes }) => demuxer.read(bytes));
		expect(read.map(({ streams }) => streams.size)).toEqual([2, 1]);
		expect(read.map(({ version }) => version)).toEqual([0, 1]);
	});

	it('does not wait for a key picture for ever', () => {
		const { segments, push } = setup();
		push(pictures(0, 26, { rate: 10, gop: 1000 }));
		expect(segments.map(({ independent }) => independent)).toEqual([true, false]);
		for (const { duration } of segments) {
			expect(duration).toBeLessThanOrEqual(MAX_SEGMENT_SECONDS);
			expect(duration).toBeGreaterThan(MAX_SEGMENT_SECONDS - 0.3);
		}
	});

	it.each([
		['25 frames a second', 25],
		['30 frames a second', 30],
	])('cuts at key pictures ten seconds apart, before and after that is promised: %s', (_, rate) => {
		let longest = Number.POSITIVE_INFINITY;
		const { segments, push } = setup([VIDEO_TRACK], () => longest);
		const units = [...pictures(0, 50.1, { rate, gop: 10 * rate })];
		push(units.slice(0, 15 * rate));
		longest = 10.5;
		push(units.slice(15 * rate));
		expect(segments.map(({ duration, independent }) => [duration, independent])).toEqual(Array(5).fill([10, true]));
	});

	it('cuts at key pictures of 250 frames at 24 a second, before that is promised', () => {
		const { segments, push } = setup([VIDEO_TRACK]);
		push(pictures(0, 32, { rate: 24, gop: 250 }));
		const found = segments.map(({ duration, independent }) => [duration.toFixed(2), independent]);
		expect(found).toEqual(Array(3).fill(['10.42', true]));
	});

	it.each([
		['every two seconds', 2, 10],
		['every three seconds, of which the fourth would be too late', 3, 9],
		['every six seconds, of which the second would be too late', 6, 6],
	])('has segments of ten seconds, with a key picture %s', (_, gop, expected) => {
		const { segments, push } = setup([VIDEO_TRACK], () => 10.5, 10);
		push(pictures(0, 40, { rate: 25, gop: 25 * gop }));
		expect(segments.length).toBeGreaterThan(2);
		for (const { duration, independent } of segments) expect([duration, independent]).toEqual([expected, true]);
	});

	it('cuts at a key picture too early rather than at none', () => {
		const { segments, push } = setup([VIDEO_TRACK], () => 1.5);
		push(pictures(0, 10, { rate: 25, gop: 20 }));
		for (const { duration, independent } of segments) expect([duration, independent]).toEqual([0.8, true]);
	});

	it('cuts before a segment gets longer than it may, and again where players can start', () => {
		let longest = Number.POSITIVE_INFINITY;
		const { segments, push } = setup([VIDEO_TRACK], () => longest);
		push(pictures(0, 1, { rate: 25, gop: 25 }));
		longest = 1.5;
		push(pictures(1, 8, { rate: 25, gop: 49 }));
		const found = segments.map(({ duration, independent }) => [Math.round(duration * 100) / 100, independent]);
		expect(found.slice(0, 5)).toEqual([
			[1, true],
			[1.48, true],
			[0.48, false],
			[1.48, true],
			[0.48, false],
		]);
	});

	it('has a picture that stands for long stand on into the next segment', () => {
		const { segments, push } = setup([VIDEO_TRACK], () => 1.5);
		const times = [0, 0.5, 1.25, 1.9, 2.9, 3.5, 8, 8.5, 9.5, 9.6];
		push(times.map((time) => picture(time, [0, 1.9, 2.9, 8, 9.5].includes(time))));
		let sum = 0;
		for (const { duration, wall } of segments) {
			expect(duration).toBeLessThan(1.5);
			expect(wall - (segments[0]?.wall ?? 0)).toBeCloseTo(1000 * sum, 0);
			sum += duration;
		}
		expect(sum).toBeGreaterThan(8);
	});

	it('does not grow when only audio comes', () => {
		const { segments, segmenter, push } = setup();
		push([picture(0, true)]);
		const data = new Uint8Array(8000);
		for (let frame = 0; frame < 5000; frame++) segmenter.push(sound((frame * 1024) / 48_000, { data }));
		expect(segmenter.dropped).toBeGreaterThan(500);
		expect(segments).toEqual([]);
		push([picture(200, true)]);
		expect(segments[0]?.bytes.length).toBeLessThan(34 * 1024 * 1024);
	});

	it('leaves out what it does not carry', () => {
		const { segmenter, push } = setup([VIDEO_TRACK, OPUS_TRACK]);
		push([picture(0, true), sound(0, { track: OPUS_TRACK }), picture(0, true, { track: { ...VIDEO_TRACK, id: 7 } })]);
		expect(segmenter.units).toBe(1);
	});

	it('counts a frame too long for ADTS', () => {
		const { segmenter, push } = setup();
		push([picture(0, true), sound(0, { data: new Uint8Array(9000) })]);
		expect([segmenter.units, segmenter.dropped]).toEqual([1, 1]);
	});
});

describe('a segment of more bytes than one may have', () => {
	/** A writer that takes every picture and sound for one of so many bytes. */
	function heavy(size: number, tracks: readonly Track[]) {
		const writer = new TsSegmentWriter();
		let length = 0;
		Object.defineProperty(writer, 'length', { get: () => length });
		const [begin, write] = [writer.begin.bind(writer), writer.write.bind(writer)];
		writer.begin = (carried, first) => {
			length = 0;
			begin(carried, first);
		};
		writer.write = (unit) => {
			length += size;
			return write(unit);
		};
		const segments: CutSegment[] = [];
		const onSegment = (segment: CutSegment) => segments.push(segment);
		const segmenter = new Segmenter({ segmentDuration: 1, writer, onSegment });
		segmenter.setTracks(carriedTracks(tracks));
		return { segmenter, segments };
	}

	it('ends with the picture that makes it so, and nobody starts with the next one', () => {
		const { segmenter, segments } = heavy(MAX_SEGMENT_BYTES / 10, [VIDEO_TRACK]);
		for (const unit of pictures(0, 2, { rate: 25, gop: 100 })) segmenter.push(unit);
		expect(segments.map(({ frames, independent }) => [frames, independent])).toEqual([
			[11, true],
			[11, false],
			[11, false],
			[11, false],
		]);
	});

	it('takes no more sound when pictures have stopped', () => {
		const { segmenter, segments } = heavy(MAX_SEGMENT_BYTES / 10, [VIDEO_TRACK, AAC_TRACK]);
		segmenter.push(picture(0, true));
		for (let frame = 0; frame < 40; frame++) segmenter.push(sound((frame * 1024) / 48_000));
		expect([segmenter.units, segmenter.dropped]).toEqual([11, 30]);
		segmenter.push(picture(1, true));
		segmenter.push(sound(1));
		expect([segments.length, segmenter.units, segmenter.dropped]).toEqual([1, 13, 30]);
	});
});
