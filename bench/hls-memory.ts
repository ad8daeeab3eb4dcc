import { setTimeout as delay } from 'node:timers/promises';
import type { CameraReady } from './camera.ts';
import { Child } from './child.ts';
import { benchConfig, untilState, withGateway } from './gateway.ts';
import type { LoadAnswer, LoadMessage } from './hls-load.ts';
import { readUsage } from './process-usage.ts';

/** What the HLS output of one stream takes of memory, in bytes. */
export type HlsMemory = {
	readonly name: string;
	readonly streams: number;
	/** More than before somebody asked, by stream: the least that was read over some seconds. */
	readonly resident: number;
	/** Of it, the segments that players may fetch: those listed, and those removed but lately. */
	readonly window: number;
};

const STREAMS = 20;
const READY_MS = 15_000;
const PLAYING_MS = 30_000;
const READINGS = 15;

/** Gateways with one player for each of some streams. */
export async function measureHlsMemory(camera: CameraReady): Promise<HlsMemory[]> {
	return [
		await measure('classic', 'index.m3u8', 'classic', camera),
		await measure('low latency', 'll.m3u8', 'low-latency', camera),
	];
}

function measure(
	name: string,
	playlist: string,
	start: 'classic' | 'low-latency',
	camera: CameraReady,
): Promise<HlsMemory> {
	const ids = Array.from({ length: STREAMS }, (_, index) => `camera-${index + 1}`);
	const streams = Object.fromEntries(ids.map((id) => [id, new URL(id, camera.url).href]));
	return withGateway(benchConfig(streams, false), async ({ url, pid }) => {
		for (const id of ids) await untilState(url, id, 'live');
		await delay(READY_MS);
		const before = await leastResident(pid);
		const load: Child<object, LoadMessage, LoadAnswer> = await Child.start('./hls-load.ts');
		try {
			for (const id of ids) await load.ask({ start, playlist: `${url}/hls/${id}/${playlist}`, players: 1 });
			await delay(PLAYING_MS);
			const after = await leastResident(pid);
			const window = await windowBytes(`${url}/hls/${ids[0]}/${playlist}`);
			return { name, streams: STREAMS, resident: (after - before) / STREAMS, window };
		} finally {
			await load.stop();
		}
	});
}

/** Memory goes up until it is collected. */
async function leastResident(pid: number): Promise<number> {
	let least = Number.POSITIVE_INFINITY;
	for (let reading = 0; reading < READINGS; reading++) {
		least = Math.min(least, (await readUsage(pid)).residentBytes);
		await delay(500);
	}
	return least;
}

/**
 * A removed segment is kept for its own duration and that of the longest playlist (RFC 8216 section 6.2.2), in which
 * low-latency players also saw the parts of the segment under way.
 */
async function windowBytes(playlist: string): Promise<number> {
	const text = await (await fetch(playlist)).text();
	const uris = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	const sizes = uris.map(async (uri) => {
		const response = await fetch(new URL(uri, playlist), { method: 'HEAD' });
		return Number(response.headers.get('content-length'));
	});
	const listed = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
	const underWay = text.includes('#EXT-X-PART:') ? 1 : 0;
	return listed + listed * (1 + (1 + underWay) / uris.length);
}
