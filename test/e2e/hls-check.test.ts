import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type CheckReport, check, type RuleReport } from '../../src/check/check.ts';
import { NotHlsError } from '../../src/check/not-hls-error.ts';
import { CAMERA_NAMES, type CameraName, HlsMatrix } from './harness/hls-matrix.ts';

const OUTPUTS = ['ts', 'fmp4', 'low latency'] as const;
type OutputName = (typeof OUTPUTS)[number];

/** Seconds each playlist is followed, and until the camera is restarted. */
const SECONDS = 10;
const RESTART_AFTER = 4;
/** Rules by the wall clock, which a busy machine breaks by itself. */
const WALL_CLOCK = [8, 26, 29];
/**
 * Advice that is not followed: three segments are the default, the tests have no TLS, and sound is waited for half a
 * second before silence stands in for it.
 */
const EXPECTED_ADVICE =
	/^(3: \d segments are listed|12: segment \d+: sound and pictures begin 0\.[0-4]\d* s|12: and \d|32: HTTP without TLS)/;
/**
 * Key pictures at uneven times: a segment without one is cut where the target duration wants it. The frame rate is
 * another in each segment.
 */
const UNEVEN_ADVICE =
	/^(11: segment \d+ does not start with a key picture|11: EXT-X-INDEPENDENT|11: and \d|16: FRAME-RATE)/;
/** A segment that a break cuts short may end before its sound comes. */
const BREAK_ADVICE = /^12: segment \d+: there is no sound/;
const BREAKING: readonly CameraName[] = ['restart', 'switch'];

let matrix: HlsMatrix;
const reports = new Map<string, CheckReport>();

async function follow(camera: CameraName, output: OutputName, attempts = 3): Promise<CheckReport> {
	const signal = new AbortController().signal;
	try {
		return await check({ url: matrix.url(camera, output), seconds: SECONDS, clock: systemClock, signal });
	} catch (failure) {
		// An encoder that takes too long to begin.
		if (!(failure instanceof NotHlsError) || attempts <= 1) throw failure;
		return follow(camera, output, attempts - 1);
	}
}

function broken({ rules }: CheckReport): RuleReport[] {
	return rules.filter(({ verdict }) => verdict === 'broken');
}

beforeAll(async () => {
	matrix = await HlsMatrix.start();
	const all = CAMERA_NAMES.flatMap((camera) => OUTPUTS.map((output) => ({ camera, output })));
	await matrix.warm('h265-aac-gop-1');
	// The one that changes counts from its first viewer.
	await Promise.all(CAMERA_NAMES.filter((camera) => camera !== 'switch').map((camera) => matrix.warm(camera)));
	// The camera of `restart` is killed when its playlists are followed.
	const restart = new Promise<void>((resolve, reject) => {
		setTimeout(() => matrix.restart().then(resolve, reject), 1000 * RESTART_AFTER);
	});
	const first = all.map(async ({ camera, output }) => reports.set(`${camera} ${output}`, await follow(camera, output)));
	await Promise.all([...first, restart]);
	for (const { camera, output } of all) {
		const found = broken(reports.get(`${camera} ${output}`) as CheckReport);
		const busy = found.length > 0 && found.every(({ rule }) => WALL_CLOCK.includes(rule));
		if (busy) reports.set(`${camera} ${output}`, await follow(camera, output));
	}
}, 180_000);

afterAll(() => matrix?.stop());

describe.each(CAMERA_NAMES)('HLS of the camera %s keeps every rule', (camera) => {
	test.each(OUTPUTS)('as %s', (output) => {
		const report = reports.get(`${camera} ${output}`) as CheckReport;
		expect(broken(report)).toEqual([]);
		const advice = report.rules.flatMap(({ rule, notes }) => notes.map((note) => `${rule}: ${note}`));
		const unexpected = advice.filter(
			(note) =>
				!EXPECTED_ADVICE.test(note) &&
				!(camera === 'uneven-rate' && UNEVEN_ADVICE.test(note)) &&
				!(BREAKING.includes(camera) && BREAK_ADVICE.test(note)),
		);
		expect(unexpected).toEqual([]);
		const unseen = report.rules.filter(({ verdict }) => verdict === 'not seen').map(({ rule }) => rule);
		// Long segments do not leave the playlist in so short a time.
		expect(unseen.filter((rule) => rule !== 3 && rule !== 6)).toEqual([]);
		const marked = report.rules.find(({ rule }) => rule === 9)?.evidence.join();
		if (camera === 'restart' || camera === 'switch') expect(marked).toMatch(/^[1-9] in/);
	});
});
