import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Continuity } from '../../../src/hls/continuity.ts';
import { LowLatencyMuxer } from '../../../src/hls/low-latency-muxer.ts';
import type { Track, VideoTrack } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { AAC_TRACK, picture, pictures, sound, WALL_ZERO } from '../../fakes/access-units.ts';
import {
	checkLowLatencySuccession,
	type ReadLowLatency,
	type ReadParent,
	readLowLatency,
} from '../../fakes/low-latency-rules.ts';
import { readFmp4 } from '../../fakes/read-fmp4.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

const EVEN = { rate: 25, gop: 25 };
/** Of pictures at 25 a second. */
const PART_TARGET = 0.206;

const sets = VIDEO_TRACK.parameterSets as { sps: Uint8Array; pps: Uint8Array };
/** Its key pictures come with other parameter sets. */
const OTHER: VideoTrack = { ...VIDEO_TRACK, parameterSets: { ...sets, pps: Uint8Array.of(0x68, 0xce, 0x3c, 0x81) } };

/** Plays to the end; every state of the playlist is held to the rules, and so is each step to the next one. */
function follow(units: readonly AccessUnit[], tracks: readonly Track[] = [VIDEO_TRACK]) {
	const continuity = new Continuity();
	continuity.startRun(WALL_ZERO);
	const states: ReadLowLatency[] = [];
	/** By their names. */
	const segments = new Map<string, ReadParent>();
	const parts = new Map<string, number>();
	const files = new Map<string, Uint8Array>();
	let now = 0;
	const muxer = new LowLatencyMuxer({
		...{ segmentDuration: 1, partDuration: 0.2, segmentCount: 7, run: 'r', continuity, now: () => now },
		onChange() {
			if (!muxer.ready) return;
			const state = readLowLatency(muxer.playlist(false).plain.toString());
			const before = states.at(-1);
			if (before) checkLowLatencySuccession(before, state);
			if (before) checkLowLatencySuccession(before, readLowLatency(muxer.playlist(true).plain.toString()));
			states.push(state);
			for (const segment of state.segments) {
				for (const { uri, duration } of segment.parts) parts.set(uri, duration);
				if (segment.uri === undefined || files.has(segment.uri)) continue;
				segments.set(segment.uri, segment);
				files.set(segment.uri, Uint8Array.from(muxer.find(segment.uri)?.bytes ?? []));
			}
		},
	});
	muxer.setTracks(tracks);
	for (const unit of units) {
		now = unit.arrival;
		muxer.push(unit);
	}
	const last = states.at(-1);
	const map = last?.segments.at(-1)?.map ?? '';
	return {
		states,
		last,
		parts,
		segments: [...segments.values()],
		targets: [...new Set(states.map(({ targetDuration, partTarget }) => `${targetDuration} ${partTarget}`))],
		media: () => readFmp4(muxer.find(map)?.bytes ?? new Uint8Array(0), [...files.values()]).fragments,
	};
}

/** With sound beside them, in order of arrival. */
function withSound(units: readonly AccessUnit[], seconds: number): AccessUnit[] {
	const sounds = Array.from({ length: Math.floor((seconds * 48_000) / 1024) }, (_, frame) =>
		sound((frame * 1024) / 48_000),
	);
	return [...units, ...sounds].sort((one, other) => one.arrival - other.arrival);
}

describe('the part target', () => {
	it.each([0.3, 0.5, 1, 2])('is that of the frame rate when the second picture is %d s late', (late) => {
		const { states, last } = follow([picture(0, true), ...pictures(late, 8, EVEN)]);
		for (const { partTarget, control } of states) {
			expect([partTarget, control['PART-HOLD-BACK']]).toEqual([PART_TARGET, '0.618']);
		}
		expect(last?.segments.at(-1)?.parts.length).toBeGreaterThan(0);
	});

	it.each([
		['two pictures a second', 2, 2, 0.575],
		['two pictures a second, and a key picture every four seconds', 2, 8, 0.575],
		['one picture a second, each a key picture', 1, 1, 1.15],
		['a picture every five seconds, each a key picture', 0.2, 1, 5.75],
	])('is that of %s', (_, rate, gop, expected) => {
		const { states, parts } = follow([...pictures(0, 60, { rate, gop })]);
		for (const { partTarget } of states) expect(partTarget).toBe(expected);
		expect(parts.size).toBeGreaterThan(5);
	});

	it('is told as soon as three pictures say so', () => {
		const { states } = follow([...pictures(0, 4.1, { rate: 1, gop: 1 })]);
		expect(states[0]?.segments.map(({ parts }) => parts.length)).toEqual([0, 0, 1]);
	});
});

/** Pictures up to a silence, and from there on. */
const silence = (from: number, to: number) => [...pictures(0, from, EVEN), ...pictures(to, to + 8, EVEN)];
/** Lost pictures within a group. */
const lost = (from: number, to: number) =>
	[...pictures(0, 14, { rate: 25, gop: 50 })].filter(({ pts }) => pts < from * 90_000 || pts >= to * 90_000);

describe.each([
	['a silence of half a part', silence(5.6, 5.7), 0],
	['a silence of two parts', silence(5.6, 6.1), 0],
	['lost pictures within a group', lost(4.5, 5.3), 0],
	['lost pictures for long, which are made up for by the next key picture', lost(4.2, 5.5), 0],
	['lost pictures at the end of a group', lost(5.5, 6), 0],
	['a silence of a second', silence(5.6, 6.6), 1],
	['a silence of three seconds', silence(5.6, 8.5), 1],
	['lost pictures, too many to be made up for', lost(4.2, 5.9), 1],
])('over %s', (_, units, breaks) => {
	const seconds = (units.at(-1)?.pts ?? 0) / 90_000;
	let played: ReturnType<typeof follow>;

	beforeAll(() => {
		played = follow(withSound(units, seconds), [VIDEO_TRACK, AAC_TRACK]);
	});

	it('parts and segments keep to what was promised, and add up', () => {
		expect(played.targets.length).toBe(1);
		for (const duration of played.parts.values()) expect(duration).toBeLessThanOrEqual(PART_TARGET + 1e-6);
		expect(played.segments.filter(({ discontinuity }) => discontinuity).length).toBe(breaks);
		for (const [index, { wall, discontinuity }] of played.segments.slice(1).entries()) {
			const before = played.segments[index] as ReadParent;
			const due = before.wall + 1000 * before.duration;
			if (discontinuity) expect(wall).toBeGreaterThan(due);
			else expect(Math.abs(wall - due)).toBeLessThan(4);
		}
	});

	it('every picture and every sound is shown when it is due', () => {
		const shown = { 1: [] as number[], 2: [] as number[] };
		const next = new Map<number, number>();
		let jumps = 0;
		for (const { runs } of played.media()) {
			for (const { id, start, duration, samples } of runs) {
				expect(start).toBeGreaterThanOrEqual(next.get(id) ?? start);
				if (id === 1 && start !== (next.get(id) ?? start)) jumps++;
				next.set(id, start + duration);
				let decoded = start;
				for (const { cts, dts, duration: length } of samples) {
					expect(cts).toBeGreaterThanOrEqual(dts);
					shown[id as 1 | 2].push((decoded + cts - dts) / (id === 1 ? 90_000 : 48_000) - 10);
					decoded += length;
				}
			}
		}
		expect(jumps).toBe(breaks);
		for (const [index, time] of shown[1].entries()) {
			expect(time).toBeCloseTo((units[index] as AccessUnit).pts / 90_000, 3);
		}
		for (const [index, time] of shown[2].entries()) expect(time).toBeCloseTo((index * 1024) / 48_000, 3);
	});

	it('parts come again at their pace', () => {
		const parts = played.last?.segments.slice(-2).flatMap((segment) => segment.parts) ?? [];
		expect(parts.length).toBeGreaterThanOrEqual(5);
		for (const { duration } of parts) expect(duration).toBe(0.2);
	});
});

describe('a camera that sends fewer pictures than parts need', () => {
	let played: ReturnType<typeof follow>;

	beforeAll(() => {
		const night = pictures(6, 20, { rate: 2, gop: 4 });
		played = follow([...pictures(0, 6, EVEN), ...night, ...pictures(20, 26.5, EVEN)]);
	});

	it('never has a longer part than was promised', () => {
		expect(played.targets).toEqual([`1 ${PART_TARGET}`]);
		for (const duration of played.parts.values()) expect(duration).toBeLessThanOrEqual(PART_TARGET + 1e-6);
	});

	it('is soon listed without parts, so that nobody waits for one', () => {
		const night = played.states.filter(({ segments }) => {
			const wall = segments.at(-1)?.wall ?? 0;
			return wall > WALL_ZERO + 9_000 && wall < WALL_ZERO + 19_000;
		});
		expect(night.length).toBeGreaterThan(6);
		for (const { segments, hint } of night) {
			expect([hint, segments.flatMap((segment) => segment.parts)]).toEqual(['', []]);
		}
	});

	it('has parts again when pictures come as before', () => {
		const last = played.states.at(-1);
		expect(last?.hint).not.toBe('');
		expect(last?.segments.slice(-2).map((segment) => segment.parts.length)).toEqual([5, 2]);
	});
});

it.each([
	['stops', (time: number) => time < 3.3],
	['never comes', () => false],
	['stops and returns', (time: number) => time < 3.3 || time > 6.7],
])('has sound in each part, within what was promised, when sound %s', (_, keep) => {
	const units = withSound([...pictures(0, 10, EVEN)], 10).filter(
		({ kind, arrival }) => kind === 'video' || keep(arrival / 1000),
	);
	const { targets, parts, media } = follow(units, [VIDEO_TRACK, AAC_TRACK]);
	expect(targets).toEqual([`1 ${PART_TARGET}`]);
	for (const duration of parts.values()) expect(duration).toBeLessThanOrEqual(PART_TARGET + 1e-6);
	let end = 480_000;
	const late = media().map(({ runs: [video, audio] }) => {
		if (audio) expect(audio.start).toBe(end);
		end += audio?.duration ?? 0;
		return ((video?.start ?? 0) + (video?.duration ?? 0)) / 90_000 - end / 48_000;
	});
	expect(late.length).toBeGreaterThan(40);
	// Until it is known that sound has stopped, parts go without; once, not for good.
	expect(late.filter((seconds) => seconds > 0.06).length).toBeLessThanOrEqual(3);
});

it('leaves out a silence of sound alone', () => {
	const sounds = Array.from({ length: 500 }, (_, frame) => (frame * 1024) / 48_000);
	const { targets, parts, segments } = follow(
		sounds.filter((time) => time < 3.3 || time >= 4.3).map((time) => sound(time)),
		[AAC_TRACK],
	);
	expect(targets.length).toBe(1);
	for (const duration of parts.values()) expect(duration).toBeLessThan(0.2);
	expect(segments.map(({ discontinuity }) => discontinuity).filter(Boolean)).toEqual([true]);
});

it('ends a segment within what was promised where the picture changes its format after a silence', () => {
	const after = [...pictures(8.2, 12, EVEN)].map(({ pts, key }) => picture(pts / 90_000, key, { track: OTHER }));
	const { targets, parts, states } = follow([...pictures(0, 5.6, EVEN), ...after]);
	expect(targets).toEqual([`1 ${PART_TARGET}`]);
	for (const duration of parts.values()) expect(duration).toBeLessThanOrEqual(PART_TARGET + 1e-6);
	expect(states.at(-1)?.segments.filter(({ discontinuity }) => discontinuity).length).toBe(1);
});

it('keeps its rules whatever comes', () => {
	const stretch = fc.record({
		rate: fc.constantFrom(2, 5, 12.5, 25, 30),
		gop: fc.constantFrom(1, 10, 25, 60),
		/** Seconds. */
		silence: fc.constantFrom(0, 0.05, 0.3, 1, 2.9),
		length: fc.constantFrom(0.5, 1.7, 4, 9),
		change: fc.constantFrom('none', 'format', 'restart'),
		tremble: fc.constantFrom(0, 0.002, 0.01),
	});
	fc.assert(
		fc.property(fc.array(stretch, { minLength: 1, maxLength: 4 }), fc.boolean(), (stretches, heard) => {
			const units: AccessUnit[] = [];
			let [time, epoch, track] = [0, 0, VIDEO_TRACK as VideoTrack];
			for (const { rate, gop, silence: pause, length, change, tremble } of stretches) {
				time += pause;
				if (change === 'format') track = track === OTHER ? VIDEO_TRACK : OTHER;
				if (change === 'restart') epoch++;
				for (let frame = 0; frame < length * rate; frame++) {
					const off = frame === 0 ? 0 : tremble * Math.sin(7 * frame);
					units.push(picture(time + frame / rate + off, frame % gop === 0, { track, epoch }));
				}
				time += Math.ceil(length * rate) / rate;
			}
			const heardToo = heard ? withSound(units, time) : units;
			const { targets, parts, last } = follow(heardToo, heard ? [VIDEO_TRACK, AAC_TRACK] : [VIDEO_TRACK]);
			expect(targets.length).toBe(last ? 1 : 0);
			for (const duration of parts.values()) expect(duration).toBeLessThanOrEqual((last?.partTarget ?? 0) + 1e-6);
		}),
		{ numRuns: 20 },
	);
});
