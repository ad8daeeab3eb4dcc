import type { Browser, Page } from 'playwright-core';
import { eventually } from './wait.ts';

/** `element.stats` of a `<dualcast-player>`, as far as the tests read it. */
export type PlayerStats = {
	mode?: 'webrtc' | 'hls';
	state: string;
	reason?: string;
	firstFrameMs?: number;
	width?: number;
	height?: number;
	framesDecoded: number;
	framesPerSecond?: number;
	bitrate?: number;
	latencyMs?: number;
	freezeCount: number;
	pliCount: number;
};

/** The figures of the page's player. */
export function statsOf(page: Page): Promise<PlayerStats> {
	return page.evaluate<PlayerStats>('document.querySelector("dualcast-player").stats');
}

/** Waits until the page's player shows moving pictures in the given mode. */
export function playing(page: Page, mode: 'webrtc' | 'hls', deadlineMs: number): Promise<PlayerStats> {
	return eventually(
		() => statsOf(page),
		(stats) => stats.state === 'playing' && stats.mode === mode && stats.framesPerSecond !== undefined,
		deadlineMs,
	);
}

/** Waits until `frames` more pictures were decoded than `since` counted. */
export function moreFrames(page: Page, since: PlayerStats, frames: number, deadlineMs: number): Promise<PlayerStats> {
	return eventually(
		() => statsOf(page),
		({ framesDecoded }) => framesDecoded >= since.framesDecoded + frames,
		deadlineMs,
	);
}

/** Opens a watch page in a context of its own; `mode` takes the choice from the player. */
export async function watch(browser: Browser, gateway: string, id: string, mode: 'webrtc' | 'hls'): Promise<Page> {
	const page = await (await browser.newContext()).newPage();
	await page.goto(`${gateway}/watch/${id}?mode=${mode}`);
	return page;
}
