import { describe, expect, it } from 'vitest';
import type { CarriedTracks, Container } from '../../../src/hls/carried-tracks.ts';
import { carriedTracks } from '../../../src/hls/carried-tracks.ts';
import { CmafSegmentWriter } from '../../../src/hls/cmaf/cmaf-segment-writer.ts';
import { Continuity } from '../../../src/hls/continuity.ts';
import { TsSegmentWriter } from '../../../src/hls/mpegts/ts-segment-writer.ts';
import { PartTarget } from '../../../src/hls/segments/part-target.ts';
import type { CutSegment } from '../../../src/hls/segments/segment.ts';
import { Segmenter } from '../../../src/hls/segments/segmenter.ts';
import type { AudioTrack } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, OPUS_TRACK, pictures, sound } from '../../fakes/access-units.ts';
import { readFmp4 } from '../../fakes/read-fmp4.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { Demuxer } from './demux.ts';

const ORIGIN = 10;
/** Bytes of the real sound of these tests. */
const REAL = 4;
const OUTPUTS = ['MPEG-TS', 'fMP4', 'low latency'] as const;

/** One frame of sound as a segment holds it; times in seconds. */
type Heard = { readonly at: number; readonly duration: number; readonly real: boolean; readonly segment: number };

function heardOf(output: (typeof OUTPUTS)[number], units: readonly AccessUnit[], track: AudioTrack = AAC_TRACK) {
	const segments: CutSegment[] = [];
	const target = new PartTarget(0.2, new Continuity());
	const sink = output === 'low latency' ? { target, onPart: () => {} } : undefined;
	const container: Container = output === 'MPEG-TS' ? 'ts' : 'fmp4';
	const segmenter = new Segmenter({
		segmentDuration: 1,
		writer: container === 'ts' ? new TsSegmentWriter() : new CmafSegmentWriter(sink),
		longest: () => 1.5,
		onSegment: (segment) => segments.push(segment),
	});
	const carried: CarriedTracks = carriedTracks([VIDEO_TRACK, track], container);
	segmenter.setTracks(carried);
	for (const unit of units) segmenter.push(unit);
	const heard = container === 'ts' ? heardInTs(segments) : heardInFmp4(segments, track.clockRate);
	return { heard, segments, segmenter };
}

function heardInTs(segments: readonly CutSegment[]): Heard[] {
	const demuxer = new Demuxer();
	const heard = segments.flatMap(({ bytes }, segment) =>
		demuxer
			.read(bytes)
			.pes.filter(({ pid }) => pid === 0x101)
			.map(({ pts, payload }) => ({ at: pts / 90_000 - ORIGIN, real: payload.length === 7 + REAL, segment })),
	);
	return heard.map((frame, index) => ({ ...frame, duration: (heard[index + 1]?.at ?? frame.at) - frame.at }));
}

function heardInFmp4(segments: readonly CutSegment[], rate: number): Heard[] {
	return segments.flatMap(({ bytes, init }, segment) =>
		readFmp4(init?.bytes ?? new Uint8Array(0), [bytes]).fragments.flatMap(({ runs }) =>
			runs
				.filter(({ id }) => id === 2)
				.flatMap(({ samples }) =>
					samples.map(({ dts, duration, size }) => ({
						...{ at: dts / rate - ORIGIN, duration: duration / rate },
						...{ real: size === REAL, segment },
					})),
				),
		),
	);
}

/** Ten seconds of pictures, with frames of sound that come, and arrive, as told; in order of arrival. */
function scene(keep: (time: number) => boolean, arrival = (time: number) => time, track: AudioTrack = AAC_TRACK) {
	const units: AccessUnit[] = [...pictures(0, 10.04, { rate: 25, gop: 25 })];
	const duration = track.codec === 'opus' ? 960 : 1024;
	for (let frame = 0; frame * duration < 10 * 48_000; frame++) {
		const time = (frame * duration) / 48_000;
		if (keep(time)) units.push(sound(time, { arrival: 1000 * arrival(time), duration, track }));
	}
	return units.sort((one, other) => one.arrival - other.arrival);
}

describe.each(OUTPUTS)('beside pictures, in %s', (output) => {
	/** Without a hole from the beginning; the last frames may still be waited for. */
	function expectSteady(heard: readonly Heard[], segments: readonly CutSegment[], frame: number): void {
		expect(segments.length).toBe(10);
		expect(new Set(heard.map(({ segment }) => segment)).size).toBe(10);
		expect(heard[0]?.at).toBeCloseTo(0, 2);
		for (const [index, { at, duration }] of heard.slice(0, -1).entries()) {
			expect(heard[index + 1]?.at).toBeCloseTo(at + duration, 3);
			expect(duration).toBeGreaterThan(0.45 * frame);
			expect(duration).toBeLessThan(1.55 * frame);
		}
		expect(heard.at(-1)?.at).toBeGreaterThan(9.4);
	}

	it.each([
		['stops', (time: number) => time < 3.3],
		['never comes', () => false],
		['stops and returns', (time: number) => time < 3.3 || time > 6.7],
		['begins late', (time: number) => time > 4.2],
		['leaves out less than is waited for', (time: number) => time < 3.3 || time > 3.65],
	])('silence stands for sound that %s', (_, keep) => {
		const { heard, segments } = heardOf(output, scene(keep));
		expectSteady(heard, segments, 1024 / 48_000);
		const told = heard.filter(({ at }) => keep(at - 0.05) === keep(at + 0.05));
		expect(told.length).toBeGreaterThan(0.9 * heard.length);
		for (const { at, real } of told) expect([at, real]).toEqual([at, keep(at)]);
	});

	it('has every real frame when sound comes in bursts', () => {
		for (const burst of [0.3, 0.45]) {
			const { heard, segmenter } = heardOf(
				output,
				scene(
					() => true,
					(time) => burst * Math.ceil((time + 0.022) / burst),
				),
			);
			expect(segmenter.dropped).toBe(0);
			expect(heard.every(({ real }) => real)).toBe(true);
		}
	});

	it('loses no more than the first of a sound that is always late', () => {
		const { heard, segmenter } = heardOf(
			output,
			scene(
				() => true,
				(time) => time + 1.2,
			),
		);
		expect(segmenter.dropped).toBeLessThan(80);
		for (const { at, real } of heard) if (at > 2.5) expect([at, real]).toEqual([at, true]);
	});

	it('takes late sound only from where silence ends', () => {
		const late = (time: number) => (time > 3 && time < 4 ? 4 : time);
		const { heard, segments, segmenter } = heardOf(
			output,
			scene(() => true, late),
		);
		expectSteady(heard, segments, 1024 / 48_000);
		expect(segmenter.dropped).toBeGreaterThan(35);
	});
});

it.each(['fMP4', 'low latency'] as const)('silence stands for Opus that stops and returns, in %s', (output) => {
	const units = scene((time) => time < 3.3 || time > 6.7, undefined, OPUS_TRACK);
	const { heard } = heardOf(output, units, OPUS_TRACK);
	for (const { duration } of heard) expect(Math.abs(duration - 0.02)).toBeLessThan(0.011);
	expect(heard.filter(({ real }) => !real).length).toBeGreaterThan(165);
	expect(heard.find(({ at }) => at > 6.8)?.real).toBe(true);
});
