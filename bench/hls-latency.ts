import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/e2e/harness/chromium.ts';
import type { CameraReady } from './camera.ts';
import { cameraClip, NUMBER_CELL_PIXELS, NUMBER_CELLS } from './camera-clip.ts';
import { Child } from './child.ts';
import { benchConfig, withGateway } from './gateway.ts';
import { pictureAge } from './picture-age.ts';
import { percentile } from './statistics.ts';
import type { Table } from './table.ts';

type Case = {
	readonly player: 'hls.js' | 'Chromium';
	/** Milliseconds; without it the classic output is played. */
	readonly partMs?: number;
	/** Of the camera's groups of pictures. */
	readonly keySeconds: number;
	/** Milliseconds that the picture may be old, where there is a goal. */
	readonly goal?: number;
};

/** How a stream looks to a viewer. Times in milliseconds. */
export type HlsLatency = Case & {
	readonly ageP50: number;
	readonly ageP95: number;
	/** From the opening of the page to the first picture. */
	readonly first: number;
} & Omit<Watched, 'shown' | 'firstAfter'>;

type Watched = {
	readonly shown: readonly { readonly number: number; readonly at: number }[];
	readonly firstAfter: number;
	/** How often the player had to wait for data. */
	readonly dry: number;
	/** Pictures that stood for long, and the longest. */
	readonly freezes: number;
	readonly longest: number;
	/** Pictures, and those of them that were too late to be shown. */
	readonly pictures: number;
	readonly dropped: number;
};

const CASES: readonly Case[] = [
	{ player: 'hls.js', partMs: 200, keySeconds: 1, goal: 750 },
	{ player: 'hls.js', partMs: 200, keySeconds: 2, goal: 750 },
	{ player: 'hls.js', partMs: 100, keySeconds: 1, goal: 500 },
	{ player: 'hls.js', partMs: 100, keySeconds: 2, goal: 500 },
	{ player: 'hls.js', keySeconds: 1, goal: 3500 },
	{ player: 'Chromium', keySeconds: 1 },
];
const SCRIPTS = ['./picture-number-page.js', './watch-page.js'];
const STREAM = 'camera';
const SECONDS = 60;
const READ_EVERY_MS = 500;
const DEADLINE_MS = 30_000;

/** Watches each case for a minute, one after the other. @param progress is told what comes next */
export async function measureHlsLatency(progress: (what: string) => void): Promise<HlsLatency[]> {
	const browser = await launchChromium();
	try {
		const results: HlsLatency[] = [];
		for (const each of CASES) {
			progress(nameOf(each));
			const camera = await Child.start<CameraReady>('./camera.ts', [await cameraClip(each.keySeconds)]);
			results.push(await watch(browser, camera.ready, each).finally(() => camera.stop()));
		}
		return results;
	} finally {
		await browser.close();
	}
}

function watch(browser: Browser, camera: CameraReady, each: Case): Promise<HlsLatency> {
	const { player, partMs } = each;
	const lowLatency = partMs === undefined ? '{ enabled: false }' : `{ part_duration: ${partMs}ms }`;
	const config = `${benchConfig({ [STREAM]: camera.url }, false)}hls: { low_latency: ${lowLatency} }\n`;
	return withGateway(config, async ({ url }) => {
		const page = await browser.newPage();
		await page.goto(player === 'Chromium' ? `${url}/livez` : `${url}/watch/${STREAM}?mode=hls`);
		for (const script of SCRIPTS) await page.evaluate(await readFile(new URL(script, import.meta.url), 'utf8'));
		const options = {
			...(player === 'Chromium' && { playlist: `${url}/hls/${STREAM}/index.m3u8` }),
			...{ seconds: SECONDS, period: READ_EVERY_MS, deadline: DEADLINE_MS },
			...{ cells: NUMBER_CELLS, cellPixels: NUMBER_CELL_PIXELS },
		};
		const watched = await page.evaluate<Watched>(`watchHls(${JSON.stringify(options)})`);
		await page.close();
		const { shown, firstAfter, ...rest } = watched;
		const ages = shown.map(({ number, at }) => pictureAge(number, at, camera.startedAt));
		return {
			...each,
			ageP50: percentile(ages, 0.5),
			ageP95: percentile(ages, 0.95),
			first: firstAfter,
			...rest,
		};
	});
}

function nameOf({ player, partMs, keySeconds }: Case): string {
	const output = partMs === undefined ? 'segments of 1 s' : `parts of ${partMs} ms`;
	const by = player === 'hls.js' ? 'Dualcast, its player with hls.js' : "Dualcast, Chromium's own player";
	return `${by}, ${output}, key frame every ${keySeconds} s`;
}

export function latencyTable(results: readonly HlsLatency[]): Table {
	return {
		title: `HLS: how old the picture is in Chromium, in the first ${SECONDS} s from its first picture`,
		columns: ['', 'age ms (p50 / p95)', 'goal', 'ran dry', 'freezes (longest)', 'too late', 'first picture ms'],
		rows: [
			...results.map((each) => [
				nameOf(each),
				`${each.ageP50.toFixed(0)} / ${each.ageP95.toFixed(0)}`,
				each.goal === undefined ? '' : `${each.goal}`,
				`${each.dry}`,
				`${each.freezes} (${each.longest.toFixed(0)} ms)`,
				`${each.dropped} of ${each.pictures}`,
				each.first.toFixed(0),
			]),
			...ELSEWHERE.map(({ name, age, dry }) => [`${name} (measured elsewhere)`, age, '', dry, '', '', '']),
		],
		notes: [
			'The camera draws the number of each picture into it; its age is from the moment the camera sent it.',
			'It ran dry when the player waited for data. A freeze is a picture that stood for 183 ms, as WebRTC counts them:',
			'pictures that are decoded too late make some as well, as camera, server and browser share the machine.',
		],
	};
}

/** Camera with a key frame every 2 s. */
const ELSEWHERE = [
	{ name: 'MediaMTX 1.20.1, hls.js, parts of 200 ms', age: '767', dry: '' },
	{ name: 'MediaMTX 1.20.1, hls.js, segments of 1 s asked for', age: '6500', dry: '' },
	{ name: "MediaMTX 1.20.1, Chromium's own player, the same", age: '6500', dry: '3 in 36 s' },
	{ name: 'go2rtc 1.9.14, hls.js', age: '500', dry: '10 in 36 s' },
] as const;
