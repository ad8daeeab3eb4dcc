import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { ChromiumReport } from './chromium-hls.ts';
import { COUNT_DRAWING_PAUSES } from './drawing-pauses.ts';

const SCRIPT = fileURLToPath(new URL('../../node_modules/shaka-player/dist/shaka-player.compiled.js', import.meta.url));

/**
 * For a playlist with parts. In its other mode shaka-player 5.2 compares the timestamp offset of each part with the one
 * before, which it has raised by 1 ms (`setTimestampOffset_` in its lib/media/media_source_engine.js). Where that looks
 * like a change, by a rounding error, it aborts: the browser then drops all up to the next key picture, in the middle of
 * a segment (its issue 10589).
 */
const FOR_PARTS = { manifest: { hls: { sequenceMode: true } } };

/** In the page. */
const PLAY = `async ([address, wanted, deadline, settings]) => {
	shaka.polyfill.installAll();
	const video = document.createElement('video');
	video.muted = true;
	document.body.append(video);
	video.addEventListener('playing', () => (drawingPauses = 0), { once: true });
	const player = new shaka.Player();
	player.configure(settings);
	const errors = [];
	let dry = 0;
	video.addEventListener('waiting', () => {
		const { buffered, currentTime, played } = video;
		let left = 0;
		for (let range = 0; range < buffered.length; range++) {
			if (buffered.start(range) <= currentTime) left = buffered.end(range) - currentTime;
		}
		if (played.length > 0 && left < 0.15) dry++;
	});
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
	const report = { errors, played, frames, dropped, pauses: drawingPauses, dry };
	await player.destroy();
	return report;
}`;
const DEADLINE_MS = 40_000;

/**
 * Plays `seconds` of a stream with shaka-player in a page of another origin.
 *
 * @param parts whether its playlist has parts
 */
export async function playInShaka(
	browser: Browser,
	url: string,
	seconds: number,
	parts: boolean,
): Promise<ChromiumReport> {
	const settings = parts ? FOR_PARTS : {};
	const page = await browser.newPage();
	try {
		await page.addScriptTag({ path: SCRIPT });
		await page.evaluate(COUNT_DRAWING_PAUSES);
		return await page.evaluate<ChromiumReport>(`(${PLAY})(${JSON.stringify([url, seconds, DEADLINE_MS, settings])})`);
	} finally {
		await page.close();
	}
}
