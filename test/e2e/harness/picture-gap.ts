import type { Page } from 'playwright-core';

/** Follows the player's picture from one video element to the next. */
const WATCH = `(() => {
	const player = document.querySelector('dualcast-player');
	const gap = { last: performance.now(), longest: 0, pictures: 0, events: [] };
	window.pictureGap = gap;
	for (const name of ['moved', 'playing', 'error', 'fallback']) {
		player.addEventListener('dualcast-' + name, () => gap.events.push(name));
	}
	let watched;
	const look = () => {
		const video = player.shadowRoot.querySelector('video');
		if (video && video !== watched) {
			watched = video;
			const onPicture = () => {
				if (video !== watched) return;
				const now = performance.now();
				gap.longest = Math.max(gap.longest, now - gap.last);
				gap.last = now;
				gap.pictures++;
				video.requestVideoFrameCallback(onPicture);
			};
			video.requestVideoFrameCallback(onPicture);
		}
		requestAnimationFrame(look);
	};
	look();
})()`;

export type PictureGap = {
	/** Milliseconds. */
	readonly longest: number;
	readonly pictures: number;
	/** Of the player: `moved` to another node, `playing` after a new connection, `error`, `fallback`. */
	readonly events: readonly string[];
};

/** Begins to measure how long a page's player shows no new picture. */
export async function watchPictures(page: Page): Promise<void> {
	await page.evaluate(WATCH);
}

/** Since the measurement began, in milliseconds; one that goes on counts up to now. */
export function longestGap(page: Page): Promise<PictureGap> {
	return page.evaluate<PictureGap>(
		'({ ...pictureGap, longest: Math.max(pictureGap.longest, performance.now() - pictureGap.last) })',
	);
}
