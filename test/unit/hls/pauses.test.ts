import { describe, expect, it } from 'vitest';
import { carriedTracks } from '../../../src/hls/carried-tracks.ts';
import { CmafSegmentWriter } from '../../../src/hls/cmaf/cmaf-segment-writer.ts';
import { Continuity } from '../../../src/hls/continuity.ts';
import { PartTarget } from '../../../src/hls/segments/part-target.ts';
import type { CutSegment } from '../../../src/hls/segments/segment.ts';
import { Segmenter } from '../../../src/hls/segments/segmenter.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, pictures, sound } from '../../fakes/access-units.ts';
import { readFmp4 } from '../../fakes/read-fmp4.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

const EVEN = { rate: 25, gop: 25 };
/** Seconds that no segment may reach. */
const LONGEST = 1.5;

type Shown = { readonly offset: number; readonly key: boolean; readonly pts: number };

/** Segments of fMP4 without parts, or with those that a slow camera leaves of low latency. */
function cut(units: readonly AccessUnit[], parts = false) {
	const segments: CutSegment[] = [];
	const sink = parts ? { target: new PartTarget(0.2, new Continuity()), onPart: () => {} } : undefined;
	const segmenter = new Segmenter({
		segmentDuration: 1,
		writer: new CmafSegmentWriter(sink),
		longest: () => LONGEST,
		onSegment: (segment) => segments.push(segment),
	});
	segmenter.setTracks(carriedTracks([VIDEO_TRACK, AAC_TRACK], 'fmp4'));
	for (const unit of units) segmenter.push(unit);
	const shown: Shown[] = [];
	for (const { bytes, init, duration } of segments) {
		const { fragments } = readFmp4(init?.bytes ?? new Uint8Array(0), [bytes]);
		const runs = fragments.flatMap((fragment) => fragment.runs.filter(({ id }) => id === 1));
		const length = runs.reduce((sum, run) => sum + run.duration, 0) / 90_000;
		expect(duration).toBeCloseTo(length, 3);
		expect(duration).toBeLessThan(LONGEST);
		for (const { samples } of runs) {
			for (const { cts, dts, sync } of samples) {
				shown.push({ offset: (cts - dts) / 90_000, key: sync, pts: cts / 90_000 - 10 });
			}
		}
	}
	return { segments, shown, breaks: segments.filter(({ discontinuity }) => discontinuity).length };
}

function withSound(units: readonly AccessUnit[]): AccessUnit[] {
	const last = units.at(-1)?.arrival ?? 0;
	const sounds: AccessUnit[] = [];
	for (let frame = 0; (frame * 1024) / 48 < last; frame++) sounds.push(sound((frame * 1024) / 48_000));
	return [...units, ...sounds].sort((one, other) => one.arrival - other.arrival);
}

describe.each([
	['alone', (units: readonly AccessUnit[]) => units],
	['beside sound that goes on', withSound],
])('a pause of pictures %s', (_, dress) => {
	it.each([0.9, 2.3, 5, 7])('of %d s lets no key picture be decoded long before it is shown', (pause) => {
		const units = [...pictures(0, 6, EVEN), ...pictures(6 + pause - 0.04, 15 + pause, EVEN)];
		const { shown, breaks } = cut(dress(units));
		expect(breaks).toBe(pause > 2 ? 1 : 0);
		for (const { offset, key } of shown) if (key) expect(offset).toBeLessThan(0.501);
		// No picture is lost, and each is shown when it was.
		for (const [index, { pts }] of shown.entries()) expect(pts).toBeCloseTo((units[index]?.pts ?? 0) / 90_000, 3);
		expect(shown.length).toBeGreaterThan(units.length - 50);
	});

	it.each([2, 5, 7])('of %d s within a group ends with its next key picture', (pause) => {
		const units = [...pictures(0, 16, { rate: 25, gop: 50 })];
		const lost = units.filter(({ pts }) => pts < 4.2 * 90_000 || pts >= (4.2 + pause) * 90_000);
		const { shown, breaks } = cut(dress(lost));
		expect(breaks).toBeLessThanOrEqual(1);
		for (const { offset, key } of shown) if (key) expect(offset).toBeLessThan(0.501);
		for (const [index, { pts }] of shown.entries()) expect(pts).toBeCloseTo((lost[index]?.pts ?? 0) / 90_000, 3);
	});

	it.each([1, 2, 5])('again and again, a key picture every %d s, does not add up', (period) => {
		const slow = [...pictures(6, 60, { rate: 1 / period, gop: 1 })];
		const { segments, shown } = cut(dress([...pictures(0, 6, EVEN), ...slow]));
		for (const { offset } of shown) expect(offset).toBeLessThan(0.501);
		// A lone picture stands for as long as a segment may last.
		const listed = segments.slice(-5).map(({ duration }) => duration);
		for (const duration of listed) expect(duration).toBeGreaterThan(0.95);
	});
});

it('a few pictures a second do not cost a discontinuity, nor when they begin', () => {
	const night = [...pictures(6, 20, { rate: 2, gop: 4 })];
	for (const parts of [false, true]) expect(cut([...pictures(0, 6, EVEN), ...night], parts).breaks).toBe(0);
});

it('a long group of few pictures is not made up for in low latency', () => {
	const night = [...pictures(6, 30, { rate: 2, gop: 8 })];
	const { shown } = cut([...pictures(0, 6, EVEN), ...night], true);
	for (const { offset, key } of shown) if (key) expect(offset).toBeLessThan(0.501);
});
