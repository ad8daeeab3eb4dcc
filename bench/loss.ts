import { readFile } from 'node:fs/promises';
import { launchChromium } from '../test/e2e/harness/chromium.ts';
import { FRAME_RATE } from './camera-clip.ts';
import { startUdpRelay } from './udp-relay.ts';

/** What a viewer in Chromium sees through a bad network. */
export type LossyViewing = {
	/** In the gateway's own player; otherwise in a page that does only what WHEP asks of it. */
	readonly player: boolean;
	/** Fraction lost each way. */
	readonly loss: number;
	/** Fraction of the frames due that were decoded. */
	readonly decoded: number;
	readonly freezes: number;
	readonly pictureLosses: number;
	readonly negativeAcknowledgements: number;
	/** Milliseconds a frame waited in the browser's jitter buffer, mean. */
	readonly delay: number;
};

type Seen = {
	readonly decoded: number;
	readonly seconds: number;
	readonly freezes: number;
	readonly pictureLosses: number;
	readonly negativeAcknowledgements: number;
	readonly delay: number;
};

const LOSSES = [0, 0.02, 0.05, 0.1];
/** One way, milliseconds. */
const DELAY = { from: 10, to: 15 };
const WATCHED_MS = 15_000;
const DEADLINE_MS = 15_000;

/**
 * Watches `id` of the gateway at `url` in Chromium through relays that lose packets.
 *
 * @param udpPort the gateway's, for WebRTC
 */
export async function measureLoss(url: string, id: string, udpPort: number): Promise<LossyViewing[]> {
	const browser = await launchChromium();
	const results: LossyViewing[] = [];
	try {
		const page = await browser.newPage();
		await page.goto(`${url}/livez`);
		await page.evaluate(await readFile(new URL('./loss-page.js', import.meta.url), 'utf8'));
		for (const player of [true, false]) {
			for (const loss of LOSSES) {
				const relay = await startUdpRelay({ loss, delay: DELAY, targetPort: udpPort });
				const relayed = { relayPort: relay.port, milliseconds: WATCHED_MS, deadline: DEADLINE_MS };
				const options = { player, base: url, stream: id, ...relayed };
				try {
					const seen = await page.evaluate<Seen>(`watchThroughRelay(${JSON.stringify(options)})`);
					const { decoded, seconds, ...rest } = seen;
					results.push({ player, loss, decoded: decoded / (seconds * FRAME_RATE), ...rest });
				} finally {
					relay.close();
				}
			}
		}
	} finally {
		await browser.close();
	}
	return results;
}
