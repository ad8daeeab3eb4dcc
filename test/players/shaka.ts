import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';

const SCRIPT = fileURLToPath(new URL('../../node_modules/shaka-player/dist/shaka-player.compiled.js', import.meta.url));

export type ShakaReport = {
	errors: string[];
	/** Seconds. */
	played: number;
	frames: number;
	dropped: number;
	stalls: number;
};

/** In the page. */
const PLAY = `async ([address, wanted, deadline]) => {
	shaka.polyfill.installAll();
	const video = document.createElement('video');
	video.muted = true;
	document.body.append(video);
	const player = new shaka.Player();
	const errors = [];
	await player.attach(video);
	player.addEventListener('error', ({ detail }) => errors.push('error ' + detail.code));
	let from = 0;
	try {
		await player.load(address);
		await video.play();
		from = video.currentTime;
		const end = performance.now() + deadline;
		while (video.currentTime < from + wanted && performance.now() < end && errors.length === 0) {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	} catch (failure) {
		errors.push(String(failure.code ?? failure));
	}
	const { totalVideoFrames: frames, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
	const report = { errors, played: video.currentTime - from, frames, dropped, stalls: player.getStats().stallsDetected };
	await player.destroy();
	return report;
}`;
const DEADLINE_MS = 40_000;

/** Plays `seconds` of a stream with shaka-player in a page of another origin. */
export async function playInShaka(browser: Browser, url: string, seconds: number): Promise<ShakaReport> {
	const page = await browser.newPage();
	try {
		await page.addScriptTag({ path: SCRIPT });
		return await page.evaluate<ShakaReport>(`(${PLAY})(${JSON.stringify([url, seconds, DEADLINE_MS])})`);
	} finally {
		await page.close();
	}
}
