import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { COUNT_DRAWING_PAUSES } from './drawing-pauses.ts';

const SCRIPT = fileURLToPath(new URL('../../node_modules/hls.js/dist/hls.min.js', import.meta.url));
const DEADLINE_MS = 60_000;

export type ChromiumReport = {
	readonly errors: readonly string[];
	/** Seconds of the stream that were shown. */
	readonly played: number;
	/** Decoded, and those of them that were not shown. */
	readonly frames: number;
	readonly dropped: number;
	/** How often the page drew nothing for 50 ms: some of what was dropped was too late then. */
	readonly pauses: number;
	/** How often the player had less than a few frames left, and waited. */
	readonly dry: number;
};

/** In the page. */
const PLAY = `async ([address, player, wanted, deadline]) => {
	const video = document.createElement('video');
	video.muted = true;
	video.autoplay = true;
	document.body.append(video);
	const errors = [];
	let dry = 0;
	video.addEventListener('playing', () => (drawingPauses = 0), { once: true });
	video.addEventListener('error', () => errors.push(video.error.message));
	video.addEventListener('waiting', () => {
		const { buffered, currentTime, played } = video;
		const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : currentTime;
		if (played.length > 0 && end - currentTime < 0.15) dry++;
	});
	let hls;
	if (player === 'hls.js') {
		hls = new Hls();
		hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && errors.push(details));
		hls.loadSource(address);
		hls.attachMedia(video);
	} else {
		video.src = address;
	}
	const shown = () => {
		let sum = 0;
		for (let range = 0; range < video.played.length; range++) sum += video.played.end(range) - video.played.start(range);
		return sum;
	};
	const end = performance.now() + deadline;
	while (shown() < wanted && performance.now() < end && errors.length === 0) {
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	const played = shown();
	const { totalVideoFrames: frames, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
	const report = { errors, played, frames, dropped, pauses: drawingPauses, dry };
	hls?.destroy();
	return report;
}`;

/** Plays `seconds` of a stream in a page of another origin: by Chromium's own HLS player, or by hls.js as it comes. */
export async function playInChromium(
	browser: Browser,
	player: 'Chromium' | 'hls.js',
	url: string,
	seconds: number,
): Promise<ChromiumReport> {
	const page = await browser.newPage();
	try {
		await page.addScriptTag({ path: SCRIPT });
		await page.evaluate(COUNT_DRAWING_PAUSES);
		return await page.evaluate<ChromiumReport>(`(${PLAY})(${JSON.stringify([url, player, seconds, DEADLINE_MS])})`);
	} finally {
		await page.close();
	}
}
