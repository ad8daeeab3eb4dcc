import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { COUNT_DRAWING_PAUSES } from './drawing-pauses.ts';

const SCRIPT = fileURLToPath(new URL('../../node_modules/shaka-player/dist/shaka-player.compiled.js', import.meta.url));

export type ShakaReport = {
	errors: string[];
	/** Seconds of the stream that were shown. */
	played: number;
	/** Decoded, and those of them that were not shown. */
	frames: number;
	dropped: number;
	/** How often the page drew nothing for 50 ms: some of what was dropped was too late then. */
	pauses: number;
};

/** In the page. */
const PLAY = `async ([address, wanted, deadline]) => {
	shaka.polyfill.installAll();
	const video = document.createElement('video');
	video.muted = true;
	document.body.append(video);
	video.addEventListener('playing', () => (drawingPauses = 0), { once: true });
	const player = new shaka.Player();
	const errors = [];
	await player.attach(video);
	player.addEventListener('error', ({ detail }) => errors.push('error ' + detail.code));
	const shown = () => {
		let sum = 0;
		for (let range = 0; range < video.played.length; range++) sum += video.played.end(range) - video.played.start(range);
		return sum;
	};
	try {
		await player.load(address);
		await video.play();
		const end = performance.now() + deadline;
		while (shown() < wanted && performance.now() < end && errors.length === 0) {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	} catch (failure) {
		errors.push(String(failure.code ?? failure));
	}
	const played = shown();
	const { totalVideoFrames: frames, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
	const report = { errors, played, frames, dropped, pauses: drawingPauses };
	await player.destroy();
	return report;
}`;
const DEADLINE_MS = 40_000;

/** Plays `seconds` of a stream with shaka-player in a page of another origin. */
export async function playInShaka(browser: Browser, url: string, seconds: number): Promise<ShakaReport> {
	const page = await browser.newPage();
	try {
		await page.addScriptTag({ path: SCRIPT });
		await page.evaluate(COUNT_DRAWING_PAUSES);
		return await page.evaluate<ShakaReport>(`(${PLAY})(${JSON.stringify([url, seconds, DEADLINE_MS])})`);
	} finally {
		await page.close();
	}
}
