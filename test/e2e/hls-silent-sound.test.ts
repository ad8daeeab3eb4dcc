import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Clip } from '../fakes/clip.ts';
import { FakeDirectory } from '../fakes/fake-directory.ts';
import { HlsHost } from '../fakes/hls-host.ts';
import { playInChromium } from '../players/chromium-hls.ts';
import { launchChromium } from './harness/chromium.ts';

/** Seconds of the stream that each player shows. */
const PLAYED = 12;
/** Seconds sent at once before anybody plays. */
const HEAD = 0.7;

let browser: Browser;
let clip: Clip;

beforeAll(async () => {
	[browser, clip] = await Promise.all([launchChromium(), Clip.make({ rate: 25, gop: 25 })]);
});

afterAll(() => browser?.close());

describe.each([
	['stops', (seconds: number) => seconds < 6],
	['never comes', () => false],
	['stops and returns', (seconds: number) => seconds < 5 || seconds > 9],
] as const)('a camera whose sound %s', (_, heard) => {
	const hosts: HlsHost[] = [];
	const stops: (() => void)[] = [];

	beforeAll(async () => {
		const directory = new FakeDirectory();
		const stream = directory.add('one', clip.tracks);
		for (const container of ['ts', 'fmp4'] as const) {
			hosts.push(await HlsHost.start(directory, systemClock, { container }));
		}
		const camera: Pick<typeof stream, 'deliver'> = {
			deliver(unit) {
				if (unit.kind === 'video' || heard(unit.arrival / 1000)) stream.deliver(unit);
			},
		};
		stops.push(clip.play(camera, systemClock, HEAD));
	});

	afterAll(async () => {
		for (const stop of stops) stop();
		await Promise.all(hosts.map((host) => host.close()));
	});

	test.concurrent.each([
		['hls.js', 'MPEG-TS', 0, 'master'],
		['Chromium', 'MPEG-TS', 0, 'master'],
		['hls.js', 'fMP4', 1, 'master'],
		['hls.js', 'low latency', 0, 'll-master'],
	] as const)('is shown on by %s in %s', async (player, _output, host, playlist) => {
		const report = await playInChromium(browser, player, `${hosts[host]?.base}/one/${playlist}.m3u8`, PLAYED);
		expect(report.errors).toEqual([]);
		expect(report.played).toBeGreaterThanOrEqual(PLAYED);
		expect(report.frames).toBeGreaterThan(PLAYED * 25 * 0.9);
	});
});
