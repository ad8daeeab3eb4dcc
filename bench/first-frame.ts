import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { launchChromium } from '../test/e2e/harness/chromium.ts';
import type { CameraReady } from './camera.ts';
import { FRAME_RATE, NUMBER_CELL_PIXELS, NUMBER_CELLS } from './camera-clip.ts';
import { Child } from './child.ts';
import { untilState } from './gateway.ts';
import { pictureAge } from './picture-age.ts';
import type { ReceiversAnswer, ReceiversMessage } from './receivers.ts';
import { percentile } from './statistics.ts';

/** How joining looks to a viewer in Chromium. Times in milliseconds. */
export type FirstFrame = {
	readonly joins: number;
	/** Of the camera's groups of pictures, in seconds. */
	readonly keySeconds: number;
	/** From the click to the first picture on screen. */
	readonly first: Spread;
	/** From the click to the first picture that is live, at most `LIVE_MS` old. */
	readonly live: Spread;
	/** From the camera's sending to the screen, all pictures from then on. */
	readonly age: Spread;
	/** PLI sent by the browser, all joins together. */
	readonly keyRequests: number;
};

type Spread = { readonly p50: number; readonly p95: number };

type Join = {
	readonly firstAfter: number;
	readonly shown: readonly { readonly rtpTimestamp: number; readonly at: number }[];
	/** The number that the last picture shown carries. */
	readonly lastNumber: number;
	readonly keyRequests: number;
};

const SCRIPTS = ['./picture-number-page.js', './join-page.js'];
const COLD_JOINS = 5;
/** Pictures watched: so many, and for each second of the group those shown while the browser runs through it. */
const PICTURES = 60;
const PICTURES_OF_RUN = 6;
/** A picture counts as live up to this age, in milliseconds. */
export const LIVE_MS = 100;
const DEADLINE_MS = 20_000;
const FRAME_TICKS = 90_000 / FRAME_RATE;

/**
 * Joins `id` of the gateway at `url` in Chromium `joins` times, at random moments of the camera's groups of pictures,
 * while another viewer keeps the stream running; and then, if `cold`, each time with the camera closed.
 */
export async function measureFirstFrame(
	url: string,
	id: string,
	camera: CameraReady,
	{ joins, keySeconds, cold }: { joins: number; keySeconds: number; cold: boolean },
): Promise<FirstFrame[]> {
	const browser = await launchChromium();
	const viewer = await Child.start<object, ReceiversMessage, ReceiversAnswer>('./receivers.ts');
	try {
		const page = await browser.newPage();
		await page.goto(`${url}/livez`);
		for (const script of SCRIPTS) await page.evaluate(await readFile(new URL(script, import.meta.url), 'utf8'));
		const endpoint = `${url}/whep/${id}`;
		// The browser's first peer connection loads its codecs; a viewer who opened the page before does not wait for that.
		await join(page, endpoint, keySeconds);

		await viewer.ask({ type: 'join', endpoint, count: 1, atOnce: 1 });
		const running: Join[] = [];
		while (running.length < joins) {
			await delay(Math.random() * keySeconds * 1000);
			running.push(await join(page, endpoint, keySeconds));
		}
		await viewer.ask({ type: 'leave', endpoint });
		const results = [summarize(running, camera, keySeconds)];
		if (!cold) return results;
		const starts: Join[] = [];
		while (starts.length < COLD_JOINS) {
			await untilState(url, id, 'idle');
			await delay(Math.random() * keySeconds * 1000);
			starts.push(await join(page, endpoint, keySeconds));
		}
		return [...results, summarize(starts, camera, keySeconds)];
	} finally {
		await viewer.stop();
		await browser.close();
	}
}

async function join(page: Page, endpoint: string, keySeconds: number): Promise<Join> {
	const options = {
		endpoint,
		pictures: PICTURES + PICTURES_OF_RUN * keySeconds,
		cells: NUMBER_CELLS,
		cellPixels: NUMBER_CELL_PIXELS,
		deadline: DEADLINE_MS,
	};
	return page.evaluate(`joinStream(${JSON.stringify(options)})`);
}

function summarize(joins: readonly Join[], camera: CameraReady, keySeconds: number): FirstFrame {
	const firsts = joins.map((each) => each.firstAfter);
	const lives: number[] = [];
	const ages: number[] = [];
	for (const { firstAfter, shown, lastNumber } of joins) {
		const last = shown.at(-1)?.rtpTimestamp ?? 0;
		const frames = shown.map(({ rtpTimestamp }) => framesBetween(rtpTimestamp, last));
		// By chance a cached picture may stand a whole number of frames apart, but not those after it as well.
		const cached = frames.lastIndexOf(undefined);
		const aged = shown.map(({ at }, index) => ({
			at,
			age:
				index <= cached
					? Number.POSITIVE_INFINITY
					: pictureAge(lastNumber - (frames[index] as number), at, camera.startedAt),
		}));
		const live = aged.findIndex(({ age }) => age <= LIVE_MS);
		const since = (aged[live]?.at ?? Number.POSITIVE_INFINITY) - (aged[0]?.at ?? 0);
		lives.push(firstAfter + since);
		if (live >= 0) ages.push(...aged.slice(live).map(({ age }) => age));
	}
	return {
		joins: joins.length,
		keySeconds,
		first: spread(firsts),
		live: spread(lives),
		age: spread(ages),
		keyRequests: joins.reduce((sum, each) => sum + each.keyRequests, 0),
	};
}

function spread(values: readonly number[]): Spread {
	return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) };
}

/**
 * Frames from one RTP timestamp to a later one, or undefined when the first belongs to a cached picture: those are
 * stamped closer together than the frames of the camera.
 */
function framesBetween(timestamp: number, last: number): number | undefined {
	const ticks = (last - timestamp) >>> 0;
	return ticks % FRAME_TICKS === 0 ? ticks / FRAME_TICKS : undefined;
}
