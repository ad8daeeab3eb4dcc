import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ChromiumReport, playInChromium } from '../players/chromium-hls.ts';
import { playInGstreamer } from '../players/gstreamer.ts';
import { playInShaka } from '../players/shaka.ts';
import { launchChromium } from './harness/chromium.ts';
import { Firefox } from './harness/firefox.ts';
import { type CameraName, HlsMatrix } from './harness/hls-matrix.ts';
import { eventually } from './harness/wait.ts';

/** Seconds each player plays. */
const PLAYED = 10;
const FRAME_RATE = 25;
/** This camera's pictures stand long enough to be shown by a browser that is busy. */
const SLOW = 'ten-a-second';
const SLOW_FRAME_RATE = 10;
/** Seconds from one picture to the next at most, with none left out. */
const FRAME = 0.05;

// More players at once starve each other.
vi.setConfig({ maxConcurrency: 2 });

let matrix: HlsMatrix;

beforeAll(async () => {
	matrix = await HlsMatrix.start();
});

afterAll(() => matrix?.stop());

type Output = 'ts' | 'fmp4' | 'low latency';

const CASES: readonly (readonly [CameraName, Output])[] = [
	['high-aac-gop-1', 'ts'],
	['high-aac-gop-1', 'fmp4'],
	['b-frames-aac-gop-2', 'ts'],
	['high-aac-gop-1', 'low latency'],
	['b-frames-aac-gop-2', 'low latency'],
];

/** Pictures that are decoded in so many seconds at least; one of them may be that which is to come next. */
function framesDue(camera: string, played: number): number {
	return Math.floor(played * (camera === SLOW ? SLOW_FRAME_RATE : FRAME_RATE)) - 1;
}

/** A player that knows no parts finds nothing in a low-latency playlist that has just begun. */
async function threeSegments(url: string): Promise<void> {
	const playlist = url.replace('ll-master', 'll');
	const segments = async () => (await (await fetch(playlist)).text()).split('#EXTINF').length - 1;
	await eventually(segments, (count) => count >= 3, 30_000, 250);
}

const PLAYS_ALL = 'without an error, decodes every picture and does not run dry';
/** A machine that is busy for seconds makes any player run dry. */
const PATIENT = { retry: 2 };

function expectAll(camera: string, { errors, dry, played, frames, dropped, pauses }: ChromiumReport): void {
	expect({ errors, dry }).toEqual({ errors: [], dry: 0 });
	expect(played).toBeGreaterThanOrEqual(PLAYED);
	expect(frames).toBeGreaterThanOrEqual(framesDue(camera, played));
	if (camera === SLOW) expect(dropped).toBeLessThanOrEqual(pauses);
}

describe('GStreamer (playbin3)', () => {
	test.concurrent.each([...CASES, ['h265-aac-gop-1', 'fmp4'], ['h265-aac-gop-1', 'low latency']] as const)(
		'plays %s as %s without leaving out a picture',
		// A machine that is busy for seconds lets the player fall out of the window.
		{ retry: 2 },
		async (camera, output) => {
			await matrix.warm(camera);
			const { video, audio, complaints } = await playInGstreamer(matrix.url(camera, output), PLAYED);
			expect(complaints).toEqual([]);
			expect(video.longest).toBeLessThan(FRAME);
			expect(video.count).toBeGreaterThanOrEqual(FRAME_RATE * PLAYED * 0.9);
			expect(audio.longest).toBeLessThan(FRAME);
		},
	);
});

describe('Firefox', () => {
	let firefox: Firefox;

	beforeAll(async () => {
		firefox = await Firefox.launch();
	});

	afterAll(() => firefox?.close());

	test('plays H.265 in fMP4 by hls.js', async () => {
		await matrix.warm('h265-aac-gop-1');
		const url = matrix.url('h265-aac-gop-1', 'fmp4');
		await firefox.goto('about:blank');
		const library = await readFile(new URL('../../node_modules/hls.js/dist/hls.min.js', import.meta.url), 'utf8');
		const start = `
			const video = document.body.appendChild(document.createElement('video'));
			const fail = (cause) => { video.dataset.error ??= cause; };
			video.muted = true;
			const hls = new Hls();
			hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && fail(details));
			hls.on(Hls.Events.MANIFEST_PARSED, () => video.play().catch((error) => fail(String(error))));
			hls.loadSource(${JSON.stringify(url)});
			hls.attachMedia(video);`;
		// As scripts of the page: what Marionette runs is kept apart from it.
		for (const text of [library, start]) {
			await firefox.evaluate(`(() => {
				const script = document.createElement('script');
				script.textContent = ${JSON.stringify(text)};
				document.head.append(script);
			})()`);
		}
		const state = `(() => {
			const video = document.querySelector('video');
			let played = 0;
			for (let range = 0; range < video.played.length; range++) played += video.played.end(range) - video.played.start(range);
			const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
			return { played, frames, error: video.dataset.error ?? '', width: video.videoWidth };
		})()`;
		type State = { played: number; frames: number; error: string; width: number };
		const { error, width, played, frames } = await eventually(
			() => firefox.evaluate<State>(state),
			({ played: seconds, error: cause }) => seconds >= PLAYED || cause !== '',
			90_000,
			500,
		);
		expect({ error, width }).toEqual({ error: '', width: 320 });
		expect(frames).toBeGreaterThanOrEqual(framesDue('h265-aac-gop-1', played));
	});
});

describe('Chromium', () => {
	let browser: Browser;

	beforeAll(async () => {
		browser = await launchChromium();
	});

	afterAll(() => browser?.close());

	const cases = [
		['Chromium', 'high-aac-gop-1', 'ts'],
		['Chromium', SLOW, 'ts'],
		['hls.js', 'high-aac-gop-1', 'ts'],
		['hls.js', 'high-aac-gop-1', 'fmp4'],
		['hls.js', SLOW, 'ts'],
		['hls.js', 'b-frames-aac-gop-2', 'ts'],
		['Chromium', SLOW, 'low latency'],
		['hls.js', SLOW, 'low latency'],
		['hls.js', 'high-aac-gop-1', 'low latency'],
	] as const;

	for (const [player, camera, output] of cases) {
		test.concurrent(`plays by ${player} ${camera} as ${output} ${PLAYS_ALL}`, PATIENT, async () => {
			await matrix.warm(camera);
			const url = matrix.url(camera, output);
			if (player === 'Chromium' && output === 'low latency') await threeSegments(url);
			expectAll(camera, await playInChromium(browser, player, url, PLAYED));
		});
	}
});

describe('shaka-player in Chromium', () => {
	let browser: Browser;

	beforeAll(async () => {
		browser = await launchChromium();
	});

	afterAll(() => browser?.close());

	const cases = [[SLOW, 'ts'], [SLOW, 'fmp4'], ...CASES, [SLOW, 'low latency']] as const;

	for (const [camera, output] of cases) {
		test.concurrent(`plays ${camera} as ${output} ${PLAYS_ALL}`, PATIENT, async () => {
			await matrix.warm(camera);
			const parts = output === 'low latency';
			expectAll(camera, await playInShaka(browser, matrix.url(camera, output), PLAYED, parts));
		});
	}
});
