import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MappedTime, TIMELINE_HEADROOM, Timeline } from '../../../src/media/time/timeline.ts';
import type { TimedFrame } from '../../../src/media/time/track-timeline.ts';

const VIDEO = { id: 0, kind: 'video', clockRate: 90_000, facts: { reorderFrames: 0 } } as const;
const UNSAID = { id: 0, kind: 'video', clockRate: 90_000 } as const;
const REORDERED = { id: 0, kind: 'video', clockRate: 90_000, facts: { reorderFrames: 2 } } as const;
const AUDIO = { id: 1, kind: 'audio', clockRate: 48_000 } as const;

/** Milliseconds on the timeline. */
const at = ({ pts }: MappedTime, clockRate = 90_000) => pts / (clockRate / 1000);
const BEGIN = TIMELINE_HEADROOM;
/** The camera's wall clock at its own time 0. */
const WALL = 1.7e12;

/** A camera whose RTP timestamps count from an offset of each track; times are milliseconds. */
class Camera {
	readonly timeline: Timeline;
	videoOffset = 0xffff_0000;
	audioOffset = 5;

	constructor(tracks: readonly (typeof VIDEO | typeof UNSAID | typeof REORDERED | typeof AUDIO)[] = [VIDEO, AUDIO]) {
		this.timeline = new Timeline(tracks);
	}

	video(time: number, arrival = time, signs: Pick<TimedFrame, 'bidirectional' | 'afterLoss'> = {}): MappedTime {
		const timestamp = (this.videoOffset + Math.round(time * 90)) >>> 0;
		return this.timeline.map(0, { timestamp, arrival, ...signs });
	}

	audio(time: number, arrival = time): MappedTime {
		return this.timeline.map(1, { timestamp: (this.audioOffset + Math.round(time * 48)) >>> 0, arrival });
	}

	report(track: 'video' | 'audio', time: number, arrival = time): void {
		const rtpTimestamp =
			track === 'video' ? this.videoOffset + Math.round(time * 90) : this.audioOffset + Math.round(time * 48);
		this.timeline.senderReport(
			track === 'video' ? 0 : 1,
			{ ntp: WALL + time, rtpTimestamp: rtpTimestamp >>> 0 },
			arrival,
		);
	}
}

const frames = (from: number, to: number, step: number) =>
	Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);

describe('Timeline', () => {
	test('begins by arrival, with all tracks on one line', () => {
		const camera = new Camera();
		expect(camera.video(1000, 50)).toEqual({ pts: BEGIN * 90, epochStep: false });
		expect(at(camera.audio(7000, 90), 48_000)).toBe(BEGIN + 40);
		expect(at(camera.video(1040, 95))).toBe(BEGIN + 40);
		expect(at(camera.audio(7020, 96), 48_000)).toBe(BEGIN + 60);
	});

	test('goes over the wrap of the timestamps', () => {
		const camera = new Camera([VIDEO]);
		const places = frames(0, 4000, 40).map((time) => at(camera.video(time)));
		expect(places).toEqual(frames(BEGIN, BEGIN + 4000, 40));
	});

	test('does not mind how packets arrive: jitter, a stall and the burst after it', () => {
		const camera = new Camera([VIDEO]);
		const places = frames(0, 2000, 40).map((time) => at(camera.video(time, time < 1000 ? time + (time % 7) : 20_000)));
		expect(places).toEqual(frames(BEGIN, BEGIN + 2000, 40));
	});

	test('silence is a gap and no break', () => {
		const camera = new Camera([VIDEO]);
		camera.video(0);
		expect(camera.video(60_000)).toEqual({ pts: (BEGIN + 60_000) * 90, epochStep: false });
	});

	test.each([
		['audio', 7000],
		['audio', 4000],
		['video', 7000],
		['video', 4000],
	] as const)('%s whose timestamps stood still in a pause of %i ms comes back to the others', (kind, pause) => {
		const camera = new Camera();
		let own = 0;
		for (const arrival of frames(0, 60_000, 20)) {
			const awake = arrival < 10_000 || arrival >= 10_000 + pause;
			if (awake) own += 20;
			const seen = kind === 'audio' ? camera.video(arrival) : awake ? camera.video(own, arrival) : undefined;
			const heard = kind === 'video' ? camera.audio(arrival) : awake ? camera.audio(own, arrival) : undefined;
			// Sender reports know of the pause: they bring over nothing on top of it.
			if (arrival % 5000 === 0 && awake) {
				for (const track of ['audio', 'video'] as const) {
					const [clock, offset] = track === 'audio' ? [48, camera.audioOffset] : [90, camera.videoOffset];
					const rtpTimestamp = (offset + (track === kind ? own - 20 : arrival) * clock) >>> 0;
					camera.timeline.senderReport(track === 'audio' ? 1 : 0, { ntp: WALL + arrival, rtpTimestamp }, arrival);
				}
			}
			if (arrival < 10_000 || arrival > 22_000) {
				expect(at(seen as MappedTime)).toBeCloseTo(at(heard as MappedTime, 48_000), -2);
			}
			expect(seen?.epochStep || heard?.epochStep).toBeFalsy();
		}
	});

	test('a network that catches up with what it held back, however slowly, is no pause', () => {
		const camera = new Camera([VIDEO]);
		const arrivals = frames(0, 60_000, 40).map((time) =>
			time < 1000 ? time : Math.max(time, 9000 + (time - 1000) / 1.25),
		);
		const places = frames(0, 60_000, 40).map((time, index) => at(camera.video(time, arrivals[index] as number)));
		expect(places).toEqual(frames(BEGIN, BEGIN + 60_000, 40));
	});

	test.each([
		['two seconds', 2000, 10_000],
		['more than one', 1200, 10_000],
		['two seconds a day later, by a clock that is slow', 2000, 10_000 + 86_400_000],
	])('a clock that is set ahead by %s leaves no gap', (_name, ahead, start) => {
		const camera = new Camera();
		const slow = start > 20_000 ? 0.9999 : 1;
		const times = [...frames(0, 9960, 40), ...frames(9960, start, 60_000), ...frames(start, start + 20_000, 40)];
		const places = times.map((arrival) => {
			const time = arrival * slow + (arrival >= start + 10_000 ? ahead : 0);
			const heard = camera.audio(time, arrival);
			const seen = camera.video(time, arrival);
			expect(seen.epochStep || heard.epochStep).toBe(false);
			if (arrival > 0) expect(Math.abs(at(seen) - at(heard, 48_000))).toBeLessThan(1);
			return at(seen);
		});
		expect(Math.abs((places.at(-1) as number) - BEGIN - (start + 19_960) * slow)).toBeLessThan(50);
	});

	test('a gap stays one: of what a camera leaves out to catch up, of pictures kept that come at once, of pauses', () => {
		const camera = new Camera([VIDEO]);
		// Kept pictures, one in two seconds; then a picture each second.
		const kept = frames(-10_000, 0, 2000).map((time) => [time, 0] as const);
		const usual = frames(0, 20_000, 1000).map((time) => [time, time] as const);
		// Three seconds late at last, a camera leaves out two seconds.
		const late = frames(20_000, 26_000, 500).map((time) => [time, time + Math.min(3000, (time - 20_000) / 2)] as const);
		const caughtUp = frames(28_000, 29_000, 500).map((time) => [time, Math.max(time, 29_000)] as const);
		const paused = frames(35_000, 40_000, 1000).map((time) => [time, time] as const);
		for (const [time, arrival] of [...kept, ...usual, ...late, ...caughtUp, ...paused]) {
			expect(at(camera.video(time, arrival))).toBe(BEGIN + 10_000 + time);
		}
	});

	test('B-frames go back, within bounds', () => {
		const camera = new Camera([REORDERED]);
		const shown = [0, 160, 80, 40, 120, 320, 240].map((time, index) => at(camera.video(time, index * 40)));
		expect(shown).toEqual([0, 160, 80, 40, 120, 320, 240].map((time) => BEGIN + time));
	});

	test('B-frames that begin in mid-stream go back from where the parameter sets say so', () => {
		const camera = new Camera([VIDEO]);
		for (const time of frames(0, 400, 40)) camera.video(time);
		camera.timeline.change(REORDERED);
		const places = [400, 520, 440, 480, 640, 560, 600].map((time) => camera.video(time, 400));
		expect(places.map((place) => at(place) - BEGIN)).toEqual([400, 520, 440, 480, 640, 560, 600]);
		expect(places.some(({ epochStep }) => epochStep)).toBe(false);
	});

	test('a clock that drifts is followed, for hours and without a break', () => {
		for (const rate of [1.0005, 0.9995]) {
			const camera = new Camera([VIDEO]);
			const start = camera.video(0);
			let last = start;
			for (const time of frames(40, 4 * 3_600_000, 400)) {
				last = camera.video(time * rate, time);
				expect(last.epochStep).toBe(false);
			}
			const passed = (last.pts - start.pts) / 90;
			expect(Math.abs(passed - (4 * 3_600_000 - 360) * rate)).toBeLessThan(50);
		}
	});

	test('one frame with a wrong timestamp is placed by its arrival', () => {
		for (const wrong of [10_000, -10_000, 1e7]) {
			const camera = new Camera([VIDEO]);
			const places = [0, 40, 80 + wrong, 120, 160].map((time, index) => camera.video(time, index * 40));
			expect(places.map((place) => at(place))).toEqual([0, 40, 80, 120, 160].map((time) => BEGIN + time));
			expect(places.some(({ epochStep }) => epochStep)).toBe(false);
		}
	});

	test.each([
		['that says so', VIDEO],
		['that does not say, and has no B slices', UNSAID],
	])('a step back is a jump in a stream in order %s', (_name, track) => {
		const camera = new Camera([track]);
		const times = [0, 40, 80, -400, -360, -320, -280, -240];
		const places = times.map((time, index) => camera.video(time, index * 40, { bidirectional: false }));
		expect(places.map((place) => at(place))).toEqual(frames(BEGIN, BEGIN + 320, 40));
		expect(places.some(({ epochStep }) => epochStep)).toBe(false);
	});

	test('a stream that does not say goes back from its first B slices on', () => {
		const camera = new Camera([UNSAID]);
		const shown = [0, 40, 160, 80, 120, 280, 200, 240].map((time, index) =>
			at(camera.video(time, index * 40, { bidirectional: [80, 120, 200, 240].includes(time) })),
		);
		expect(shown).toEqual([0, 40, 160, 80, 120, 280, 200, 240].map((time) => BEGIN + time));
		camera.timeline.change(UNSAID);
		const later = [320, 360, 260, 300].map((time, index) =>
			camera.video(time, 320 + index * 40, { bidirectional: false }),
		);
		expect(later.map((place) => at(place) - BEGIN)).toEqual([320, 360, 400, 440]);
		const other = new Camera([UNSAID]);
		expect([0, 80, 40].map((time, index) => at(other.video(time, index * 40)) - BEGIN)).toEqual([0, 80, 40]);
	});

	test.each([
		['over lost frames opens one epoch', true],
		['with no frame lost opens none', false],
	])('a lasting jump %s, and time goes on', (_name, afterLoss) => {
		const camera = new Camera();
		const places: MappedTime[] = [];
		const heard: MappedTime[] = [];
		for (const time of frames(0, 4000, 40)) {
			if (time === 2000) {
				camera.videoOffset += 123_456_789;
				camera.audioOffset += 987_654_321;
			}
			// What is lost before the jump and long after it does not count.
			places.push(camera.video(time, time, { afterLoss: time === 2000 ? afterLoss : time % 1000 === 960 }));
			heard.push(camera.audio(time));
		}
		expect(places.map((place) => at(place))).toEqual(frames(BEGIN, BEGIN + 4000, 40));
		expect(heard.map((each) => at(each, 48_000))).toEqual(frames(BEGIN, BEGIN + 4000, 40));
		expect([...places, ...heard].filter(({ epochStep }) => epochStep)).toHaveLength(afterLoss ? 1 : 0);
	});

	test('a lasting jump of audio opens an epoch only where there is no video', () => {
		for (const tracks of [[VIDEO, AUDIO], [AUDIO]]) {
			const camera = new Camera(tracks);
			const heard = frames(0, 2000, 40).map((time) => {
				if (time === 1000) camera.audioOffset += 987_654_321;
				return camera.audio(time);
			});
			expect(heard.map((each) => at(each, 48_000))).toEqual(frames(BEGIN, BEGIN + 2000, 40));
			expect(heard.filter(({ epochStep }) => epochStep)).toHaveLength(tracks.length === 1 ? 1 : 0);
		}
	});

	test('a restart goes on by arrival, opens an epoch once and never goes back', () => {
		const camera = new Camera();
		// A burst at the start: two seconds of pictures arrive at once.
		for (const time of frames(0, 2000, 40)) camera.video(time, 0);
		camera.audio(0, 0);
		camera.timeline.restart([VIDEO, AUDIO]);
		camera.videoOffset = 77;
		const first = camera.video(9000, 500);
		expect(first.epochStep).toBe(true);
		expect(at(first)).toBeGreaterThan(BEGIN + 1960);
		expect(at(first)).toBeLessThan(BEGIN + 2000);
		expect(camera.audio(9000, 510).epochStep).toBe(false);
		camera.timeline.restart([VIDEO, AUDIO]);
		expect(at(camera.video(0, 30_000))).toBe(BEGIN + 30_000);
	});

	test('tracks that begin one after the other keep their distance where the timeline is ahead of arrival', () => {
		const camera = new Camera();
		for (const time of frames(0, 2000, 40)) camera.video(time, 0);
		camera.timeline.restart([VIDEO, AUDIO]);
		const seen = at(camera.video(9000, 500));
		expect(at(camera.audio(70_000, 800), 48_000)).toBeCloseTo(seen + 300, 1);
	});

	test('sound that begins late begins with the picture it came with, also when the clock of the camera drifts', () => {
		const camera = new Camera();
		const fast = (arrival: number) => arrival * 1.0001;
		const day = 24 * 3_600_000;
		for (const arrival of frames(0, day, 1000)) camera.video(fast(arrival), arrival);
		for (const arrival of frames(day, day + 1000, 20)) {
			const seen = at(camera.video(fast(arrival), arrival));
			expect(at(camera.audio(arrival, arrival), 48_000)).toBeCloseTo(seen, -1);
		}
	});

	test('a restart before anything came opens no epoch', () => {
		const camera = new Camera();
		camera.timeline.restart([VIDEO, AUDIO]);
		expect(camera.video(0).epochStep).toBe(false);
	});

	test('another set of tracks after a restart', () => {
		const camera = new Camera();
		camera.video(0);
		camera.timeline.restart([{ ...AUDIO, id: 3, clockRate: 8000 }]);
		expect(camera.timeline.map(3, { timestamp: 0, arrival: 1000 }).pts).toBe((BEGIN + 1000) * 8);
		expect(() => camera.video(0)).toThrow(RangeError);
	});
});

describe('sender reports', () => {
	test('a track of which nothing was given out starts aligned', () => {
		const camera = new Camera();
		camera.report('video', 0);
		camera.video(0, 100);
		camera.report('audio', 20, 110);
		// Its packets are 400 ms slower than the pictures.
		expect(at(camera.audio(20, 520), 48_000)).toBe(BEGIN + 20);
		const late = new Camera();
		late.report('audio', 0);
		late.audio(1000, 100);
		late.report('video', 700, 110);
		expect(at(late.video(800, 120))).toBe(BEGIN - 200);
	});

	test.each([400, -400])('audio that runs %i ms off is brought over slowly, without a step', (offset) => {
		const camera = new Camera();
		const errors: number[] = [];
		let before = -1;
		for (const time of frames(0, 20_000, 20)) {
			const seen = at(camera.video(time));
			if (time === 5000) camera.report('video', time);
			if (time === 5020) camera.report('audio', time, time + offset);
			const heard = at(camera.audio(time, time + offset), 48_000);
			expect(heard).toBeGreaterThan(before);
			expect(Math.abs(heard - before - 20)).toBeLessThan(before < 0 ? 1e9 : 1.1);
			before = heard;
			errors.push(heard - seen);
		}
		expect(errors[0]).toBeCloseTo(offset, 1);
		expect(errors[255]).not.toBeCloseTo(0, 1);
		expect(errors.at(-1)).toBeCloseTo(0, 1);
	});

	test.each([
		['of another clock', 60_000, 0],
		['within the noise', 10, 0],
		['about another time', 0, 50_000_000],
	])('a report %s changes nothing', (_name, ntpShift, rtpShift) => {
		const camera = new Camera();
		for (const time of frames(0, 4000, 20)) {
			const seen = at(camera.video(time));
			expect(at(camera.audio(time), 48_000)).toBeCloseTo(seen, 1);
			if (time === 1000) {
				camera.report('video', time);
				const rtpTimestamp = (camera.audioOffset + time * 48 + rtpShift) >>> 0;
				camera.timeline.senderReport(1, { ntp: WALL + time + ntpShift, rtpTimestamp }, time);
			}
		}
	});

	test.each([2000, -4000])('a wall clock that is set by %i ms between two reports moves nothing', (set) => {
		const camera = new Camera();
		for (const time of frames(0, 40_000, 20)) {
			const track = time % 5000 === 0 ? 'video' : time % 5000 === 2500 ? 'audio' : undefined;
			const [clock, offset] = track === 'video' ? [90, camera.videoOffset] : [48, camera.audioOffset];
			const ntp = WALL + time + (time > 11_000 ? set : 0);
			const report = { ntp, rtpTimestamp: (offset + time * clock) >>> 0 };
			if (track) camera.timeline.senderReport(track === 'video' ? 0 : 1, report, time);
			const seen = at(camera.video(time));
			expect(at(camera.audio(time), 48_000)).toBeCloseTo(seen, 1);
		}
	});

	test('reports that tremble align all the same', () => {
		const camera = new Camera();
		let error = 0;
		for (const time of frames(0, 40_000, 20)) {
			const seen = at(camera.video(time));
			if (time % 5000 === 0) {
				const report = { ntp: WALL + time + (time % 3) * 100, rtpTimestamp: (camera.videoOffset + time * 90) >>> 0 };
				camera.timeline.senderReport(0, report, time);
			}
			if (time % 5000 === 2500) camera.report('audio', time, time + 400);
			error = at(camera.audio(time, time + 400), 48_000) - seen;
		}
		expect(Math.abs(error)).toBeLessThan(201);
	});

	test('a report from before a jump is forgotten', () => {
		const camera = new Camera();
		camera.video(0);
		camera.audio(0);
		camera.report('video', 0);
		camera.videoOffset += 1_000_000_000;
		for (const time of frames(40, 400, 40)) camera.video(time);
		camera.report('audio', 400);
		for (const time of frames(400, 2000, 20)) expect(at(camera.audio(time), 48_000)).toBeCloseTo(BEGIN + time, 1);
	});
});

describe('whatever a camera does', () => {
	const step = fc.record({
		kind: fc.constantFrom('frame', 'frame', 'frame', 'frame', 'frame', 'wrong', 'jump', 'restart', 'report'),
		track: fc.constantFrom('video' as const, 'audio' as const),
		amount: fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }),
		delay: fc.integer({ min: 0, max: 120 }),
	});

	/** Runs the steps and checks each place as it comes. */
	const run = (
		tracks: ConstructorParameters<typeof Camera>[0],
		steps: readonly { kind: string; track: 'video' | 'audio'; amount: number; delay: number }[],
		check: (track: 'video' | 'audio', place: MappedTime, afterRestart: boolean) => void,
	) => {
		const camera = new Camera(tracks);
		let now = 0;
		let restarted = false;
		for (const { kind, track, amount, delay } of steps) {
			now += delay;
			if (kind === 'restart') {
				camera.timeline.restart(tracks ?? []);
				restarted = true;
			} else if (kind === 'report') {
				camera.timeline.senderReport(
					track === 'video' ? 0 : 1,
					{ ntp: WALL + now + amount / 1e6, rtpTimestamp: amount >>> 0 },
					now,
				);
			} else if (kind === 'jump') {
				if (track === 'video') camera.videoOffset += amount;
				else camera.audioOffset += amount;
			} else {
				const time = kind === 'wrong' ? amount / 90 : now;
				const place = track === 'video' ? camera.video(time, now, { bidirectional: false }) : camera.audio(time, now);
				check(track, place, restarted);
				restarted = false;
			}
		}
	};

	test.each([
		['that says it is in order', VIDEO],
		['without B slices', UNSAID],
	])('time of a stream %s never runs back, and audio always moves on', (_name, video) => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
				const last = { video: -1, audio: -1 };
				run([video, AUDIO], steps, (track, { pts }) => {
					expect(Number.isSafeInteger(pts)).toBe(true);
					if (track === 'video') expect(pts).toBeGreaterThanOrEqual(last.video);
					else expect(pts).toBeGreaterThan(last.audio);
					last[track] = pts;
				});
			}),
			{ numRuns: 500 },
		);
	});

	test('with B-frames it goes back by a second at most, and never behind a restart', () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
				let highest = 0;
				let floor = 0;
				run([REORDERED, AUDIO], steps, (track, { pts }, restarted) => {
					if (restarted) floor = highest;
					if (track !== 'video') return;
					expect(pts).toBeGreaterThanOrEqual(Math.max(floor, highest - 90_000));
					highest = Math.max(highest, pts);
				});
			}),
			{ numRuns: 500 },
		);
	});
});
