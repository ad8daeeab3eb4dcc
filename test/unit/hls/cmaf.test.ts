import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carriedTracks } from '../../../src/hls/carried-tracks.ts';
import { CmafSegmentWriter } from '../../../src/hls/cmaf/cmaf-segment-writer.ts';
import { Continuity } from '../../../src/hls/continuity.ts';
import { PartTarget } from '../../../src/hls/segments/part-target.ts';
import type { CutSegment, Part } from '../../../src/hls/segments/segment.ts';
import { Segmenter } from '../../../src/hls/segments/segmenter.ts';
import type { Track } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, OPUS_TRACK, picture, pictures, sound } from '../../fakes/access-units.ts';
import { readFmp4 } from '../../fakes/read-fmp4.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

function setup(tracks: readonly Track[] = [VIDEO_TRACK, AAC_TRACK], aim?: number) {
	const segments: CutSegment[] = [];
	const parts: Part[] = [];
	const continuity = new Continuity();
	const sink = aim && { target: new PartTarget(aim, continuity), onPart: (part: Part) => parts.push({ ...part }) };
	const segmenter = new Segmenter({
		segmentDuration: 1,
		writer: new CmafSegmentWriter(sink || undefined),
		onSegment: (segment) => segments.push(segment),
	});
	segmenter.setTracks(carriedTracks(tracks, 'fmp4'));
	return {
		segments,
		parts,
		continuity,
		segmenter,
		push(units: Iterable<AccessUnit>) {
			for (const unit of units) segmenter.push(unit);
		},
		read: () =>
			readFmp4(
				segments[0]?.init?.bytes ?? new Uint8Array(0),
				segments.map(({ bytes }) => bytes),
			),
	};
}

/** Pictures with sound beside them, in order of arrival. */
function scene(seconds: number, options = { rate: 25, gop: 25 }): AccessUnit[] {
	const units: AccessUnit[] = [...pictures(0, seconds, options)];
	for (let frame = 0; frame * 1024 < seconds * 48_000; frame++) units.push(sound((frame * 1024) / 48_000));
	return units.sort((one, other) => one.arrival - other.arrival);
}

describe('fragmented MP4, read by mp4box', () => {
	it('says in its header what the tracks are', () => {
		const { push, read } = setup();
		push(scene(2.1));
		const { tracks, brands } = read();
		expect(brands).toContain('cmfc');
		expect(tracks).toEqual([
			{ id: 1, codec: 'avc1.42c00a', timescale: 90_000, width: 64, height: 48, sampleRate: 0, channels: 0 },
			{ id: 2, codec: 'mp4a.40.2', timescale: 48_000, width: 0, height: 0, sampleRate: 48_000, channels: 2 },
		]);
	});

	it('carries Opus', () => {
		const { push, read } = setup([VIDEO_TRACK, OPUS_TRACK]);
		push(scene(2.1).map((unit) => (unit.kind === 'audio' ? { ...unit, track: OPUS_TRACK, duration: 1024 } : unit)));
		const [, audio] = read().tracks;
		expect(audio).toMatchObject({ codec: 'Opus', timescale: 48_000, channels: 2, sampleRate: 48_000 });
	});

	it('goes on where decoding times outgrow 32 bits, after 13 hours of pictures and a day of sound', () => {
		for (const hours of [2 ** 32 / 90_000 / 3600, 2 ** 32 / 48_000 / 3600, 2 ** 33 / 48_000 / 3600]) {
			// The times in a segment begin 10 s above those of the stream.
			const from = Math.floor(hours * 3600) - 12;
			const { push, read } = setup([VIDEO_TRACK, AAC_TRACK], 0.2);
			const late = scene(5.1).map((unit): AccessUnit => {
				const shift = from * unit.track.clockRate;
				return unit.kind === 'video'
					? { ...unit, pts: unit.pts + shift, dts: unit.dts + shift }
					: { ...unit, pts: unit.pts + shift };
			});
			push(late);
			const runs = read().fragments.flatMap((fragment) => fragment.runs);
			for (const [id, rate] of [
				[1, 90_000],
				[2, 48_000],
			] as const) {
				const own = runs.filter((run) => run.id === id);
				expect(own[0]?.start).toBe((from + 10) * rate);
				for (const [index, { start }] of own.slice(1).entries()) {
					expect(start).toBe((own[index]?.start ?? 0) + (own[index]?.duration ?? 0));
				}
			}
		}
	});

	it('gives every fragment the decoding time where the one before it ended', () => {
		const { push, read, segments } = setup([VIDEO_TRACK, AAC_TRACK], 0.2);
		push(scene(5.1));
		expect(segments.length).toBe(5);
		const next = new Map<number, number>();
		const { fragments } = read();
		for (const [index, { sequence, runs }] of fragments.entries()) {
			expect(sequence).toBe(index + 1);
			for (const { id, start, duration } of runs) {
				expect(start).toBe(next.get(id) ?? start);
				next.set(id, start + duration);
			}
		}
		expect(fragments[0]?.runs[0]?.start).toBe(900_000);
		expect(next.get(1)).toBe(900_000 + 5 * 90_000);
	});

	it('starts each segment with a picture that decoding can start at, sound within a frame of it', () => {
		const { push, read, segments } = setup();
		push(scene(4.1));
		const { fragments } = read();
		expect(fragments.length).toBe(segments.length);
		for (const { runs } of fragments) {
			expect(runs[0]?.samples.map(({ sync }) => sync)).toEqual([true, ...Array(24).fill(false)]);
			const apart = (runs[1]?.start ?? 0) / 48_000 - (runs[0]?.start ?? 0) / 90_000;
			expect(Math.abs(apart)).toBeLessThan(0.04);
		}
	});

	it('keeps parameter sets in the header and the pictures as they came', () => {
		const { push, read } = setup([VIDEO_TRACK]);
		const units = [...pictures(0, 1.04, { rate: 25, gop: 25 })];
		push(units);
		const [fragment] = read().fragments;
		const expected = units.slice(0, 25).map(({ nalus }) => {
			const slice = nalus.at(-1) as Uint8Array;
			return Buffer.concat([Uint8Array.of(0, 0, 0, slice.length), slice]);
		});
		expect(fragment?.runs[0]?.samples.map(({ data }) => Buffer.from(data))).toEqual(expected);
	});

	it('tells presentation from decoding times, also where they are before them', () => {
		const { push, read } = setup([VIDEO_TRACK]);
		const offsets = [80, 200, 0, -40];
		push(
			[0, 1, 2, 3, 4].map((index) => {
				const dts = index * 3600;
				return picture(index * 0.04, index === 0 || index === 4, { dts, pts: dts + (offsets[index] ?? 0) });
			}),
		);
		push([picture(1.2, true)]);
		const samples = read().fragments[0]?.runs[0]?.samples ?? [];
		expect(samples.slice(0, 4).map(({ cts, dts }) => cts - dts)).toEqual(offsets);
	});

	it('has durations that add up to the time that passed, whatever the stamps', () => {
		const step = fc.record({ by: fc.integer({ min: 0, max: 20_000 }), key: fc.boolean() });
		fc.assert(
			fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
				const { push, read, segments } = setup([VIDEO_TRACK]);
				let dts = 0;
				const units = steps.map(({ by, key }, index) => {
					dts += by;
					return picture(dts / 90_000, key || index === 0, { dts, pts: dts });
				});
				push(units);
				push([picture(dts / 90_000 + 2, true)]);
				const runs = read().fragments.flatMap((fragment) => fragment.runs);
				let end = runs[0]?.start ?? 0;
				for (const run of runs) {
					expect(run.start).toBe(end);
					end += run.duration;
					for (const { duration } of run.samples) expect(duration).toBeGreaterThan(0);
				}
				const listed = segments.reduce((sum, { duration }) => sum + duration, 0);
				expect(Math.abs((end - (runs[0]?.start ?? 0)) / 90_000 - listed)).toBeLessThan(0.002);
			}),
			{ numRuns: 60 },
		);
	});

	it('gets a new header where the picture or the parameter sets change, and the same one where not', () => {
		const { push, segments } = setup([VIDEO_TRACK]);
		const sets = VIDEO_TRACK.parameterSets as { sps: Uint8Array; pps: Uint8Array };
		const other = { ...VIDEO_TRACK, parameterSets: { ...sets, pps: Uint8Array.of(0x68, 0xce, 0x3c, 0x81) } };
		push(pictures(0, 1.6, { rate: 25, gop: 25 }));
		push([1.6, 2.6, 3.6].map((time) => picture(time, true, { track: other })));
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true, false]);
		const [first, second, third, fourth] = segments.map(({ init }) => init);
		expect([first === second, second === third, third === fourth]).toEqual([true, false, true]);
		expect(third?.bytes).not.toEqual(first?.bytes);
	});

	it('goes on in a new epoch with a discontinuity', () => {
		const { push, read, segments } = setup();
		push(scene(1.5));
		push(pictures(10, 12.1, { rate: 25, gop: 25, epoch: 1 }));
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true, false]);
		const starts = read().fragments.map(({ runs }) => (runs[0]?.start ?? 0) / 90_000);
		expect(starts).toEqual([10, 11, 20, 21]);
	});

	it('carries sound alone', () => {
		const { push, read, segments } = setup([AAC_TRACK], 0.2);
		push(Array.from({ length: 150 }, (_, frame) => sound((frame * 1024) / 48_000)));
		expect(segments.length).toBe(3);
		const { tracks, fragments } = read();
		expect(tracks.map(({ codec }) => codec)).toEqual(['mp4a.40.2']);
		for (const { runs } of fragments) expect(runs.map(({ id }) => id)).toEqual([2]);
	});
});

describe('parts', () => {
	it('are exactly the bytes of their segment', () => {
		const { push, parts, segments } = setup([VIDEO_TRACK, AAC_TRACK], 0.2);
		push(scene(3.1));
		expect(parts.length).toBeGreaterThanOrEqual(15);
		const all = Buffer.concat(segments.map(({ bytes }) => bytes));
		expect(Buffer.concat(parts.slice(0, 15).map(({ bytes }) => bytes)).equals(all)).toBe(true);
	});

	it.each([
		[30, 30],
		[25, 50],
		[15, 30],
		[12.5, 25],
		[29.97, 60],
		[10, 20],
		[60, 60],
		[23, 46],
	])('at %d frames a second are at least 85 percent of the longest, but for the last of a segment', (rate, gop) => {
		const { push, parts, continuity, segments } = setup([VIDEO_TRACK], 0.2);
		push(pictures(0, 10, { rate, gop }));
		const target = continuity.partTarget;
		expect(target).toBeGreaterThan(0.15);
		expect(target).toBeLessThan(0.26);
		let at = 0;
		const ends = segments.map(({ duration }) => {
			at += duration;
			return at;
		});
		let time = 0;
		for (const { duration } of parts) {
			time += duration;
			expect(duration).toBeLessThanOrEqual(target);
			const lastOfSegment = ends.some((end) => Math.abs(end - time) < 1e-3);
			if (!lastOfSegment) expect(duration).toBeGreaterThanOrEqual(0.85 * target);
		}
	});

	it('keep to the longest when stamps tremble', () => {
		const { push, parts, continuity } = setup([VIDEO_TRACK], 0.2);
		const tremble = [0, 0.003, -0.002, 0.001, -0.003, 0.002, 0];
		push(
			Array.from({ length: 300 }, (_, frame) =>
				picture(frame / 30 + (tremble[frame % tremble.length] as number), frame % 30 === 0),
			),
		);
		for (const { duration } of parts) {
			expect(duration).toBeLessThanOrEqual(continuity.partTarget + 1e-6);
			expect(duration).toBeGreaterThanOrEqual(0.85 * continuity.partTarget);
		}
	});

	it('are long enough at any frame rate, and show each picture when it is due', () => {
		const intervals = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 60, maxLength: 120 });
		fc.assert(
			fc.property(intervals, (uneven) => {
				const { push, parts, continuity, segments, read } = setup([VIDEO_TRACK], 0.2);
				const times: number[] = [];
				let time = 0;
				for (const steps of [...new Array(25).fill(1), ...uneven]) {
					times.push(time);
					time += steps * 0.04;
				}
				push(times.map((at, index) => picture(at, index % 20 === 0)));
				const target = continuity.partTarget;
				expect(target).toBe(0.206);
				const ends = new Set<number>();
				let end = 0;
				for (const { duration } of segments) {
					end += duration;
					ends.add(Math.round(end * 1000));
				}
				let at = 0;
				for (const { duration } of parts) {
					at += duration;
					expect(duration).toBeLessThanOrEqual(target + 1e-6);
					if (!ends.has(Math.round(at * 1000)) && at < end)
						expect(duration).toBeGreaterThanOrEqual(0.85 * target - 1e-4);
				}
				let due = 10 * 90_000;
				const shown: number[] = [];
				for (const { runs } of read().fragments) {
					for (const { start, duration, samples } of runs) {
						expect(start).toBe(due);
						due += duration;
						for (const { cts, dts } of samples) {
							expect(cts).toBeGreaterThanOrEqual(dts);
							shown.push(cts / 90_000 - 10);
						}
					}
				}
				for (const [index, pts] of shown.entries()) expect(pts).toBeCloseTo(times[index] as number, 3);
			}),
		);
	});

	it.each([
		['before its part is long enough', 0.12],
		['when its part is long enough and could hold a short one', 0.18],
		['as the first of its part', 0.2],
	])('are no longer than promised when a picture stands for longer than that, %s', (_, before) => {
		const { push, parts, continuity } = setup([VIDEO_TRACK], 0.2);
		const even = Array.from({ length: 25 }, (_, frame) => frame * 0.04);
		const last = [0, 0.04, 0.08, 0.12, 0.16, 0.18, 0.2].filter((at) => at <= before);
		const after = [0.28, 0.32, 0.36, 0.4, 0.44, 0.48].map((at) => before + at);
		push([...even, ...[...last, ...after].map((at) => 1 + at)].map((at, index) => picture(at, index % 25 === 0)));
		expect(parts.length).toBeGreaterThan(6);
		for (const { duration } of parts) expect(duration).toBeLessThanOrEqual(continuity.partTarget + 1e-6);
	});

	it('are as long as segments where more was asked for', () => {
		const { push, parts, continuity } = setup([VIDEO_TRACK], 2);
		push(pictures(0, 5.1, { rate: 25, gop: 25 }));
		expect(continuity.partTarget).toBeLessThan(1.6);
		expect(parts.map(({ duration }) => duration)).toEqual(Array(5).fill(1));
	});

	it('say which can be started at', () => {
		const { push, parts } = setup([VIDEO_TRACK], 0.2);
		push(pictures(0, 2.1, { rate: 25, gop: 25 }));
		expect(parts.slice(0, 10).map(({ independent }) => independent)).toEqual([
			...[true, false, false, false, false],
			...[true, false, false, false, false],
		]);
	});

	it('come out as soon as the frame after their last one is there', () => {
		const { segmenter, parts } = setup([VIDEO_TRACK], 0.2);
		for (const unit of pictures(0, 1.2, { rate: 25, gop: 25 })) segmenter.push(unit);
		expect(parts.length).toBe(5);
		segmenter.push(picture(1.2, false));
		expect(parts.length).toBe(6);
	});
});
