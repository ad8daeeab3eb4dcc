import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/e2e/harness/chromium.ts';
import { eventually } from '../test/e2e/harness/wait.ts';

/** What Chromium counts of a stream that it plays by WebRTC, since it connected (W3C webrtc-stats, inbound-rtp). */
export type InboundVideo = {
	/** How often the player connected so far. */
	readonly connections: number;
	readonly packetsReceived: number;
	readonly packetsLost: number;
	readonly framesDecoded: number;
	readonly freezeCount: number;
	/** Seconds. */
	readonly totalFreezesDuration: number;
	readonly pliCount: number;
};

const DEADLINE_MS = 30_000;
/** Before the page's own scripts. */
const KEEP_CONNECTIONS = `{
	const { RTCPeerConnection } = globalThis;
	globalThis.connections = [];
	globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(...options) {
			super(...options);
			connections.push(this);
		}
	};
}`;
const INBOUND_VIDEO = `(async () => {
	const reports = [...((await connections.at(-1)?.getStats()) ?? new Map()).values()];
	const inbound = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
	const names = ['packetsReceived', 'packetsLost', 'framesDecoded', 'freezeCount', 'totalFreezesDuration', 'pliCount'];
	const counted = names.map((name) => [name, inbound?.[name] ?? 0]);
	return { connections: connections.length, ...Object.fromEntries(counted) };
})()`;

/** A headless Chromium with the gateway's own page, which plays by WebRTC. */
export class WatchingChromium {
	readonly #browser: Browser;
	readonly #page: Page;

	/** @returns after the first picture @throws Error when none comes */
	static async open(url: string, id: string): Promise<WatchingChromium> {
		const browser = await launchChromium();
		try {
			const page = await browser.newPage();
			await page.addInitScript(KEEP_CONNECTIONS);
			await page.goto(`${url}/watch/${id}?mode=webrtc`);
			const chromium = new WatchingChromium(browser, page);
			await eventually(
				() => chromium.read(),
				({ framesDecoded }) => framesDecoded > 0,
				DEADLINE_MS,
			);
			return chromium;
		} catch (failure) {
			await browser.close();
			throw failure;
		}
	}

	private constructor(browser: Browser, page: Page) {
		this.#browser = browser;
		this.#page = page;
	}

	/** Of the connection that the player has at last. */
	read(): Promise<InboundVideo> {
		return this.#page.evaluate<InboundVideo>(INBOUND_VIDEO);
	}

	close(): Promise<void> {
		return this.#browser.close();
	}
}
