import { setTimeout as delay } from 'node:timers/promises';
import type { CameraReady } from './camera.ts';
import { Child } from './child.ts';
import { benchConfig, untilState, withGateway } from './gateway.ts';
import type { LoadAnswer, LoadMessage } from './hls-load.ts';
import { readUsage } from './process-usage.ts';

/** What the HLS outputs of some streams take of memory: bytes by stream. */
export type HlsMemory = {
	readonly name: string;
	/** More than before somebody asked: the least that was read over some seconds. */
	readonly resident: number;
	/** Of it, what players may fetch: what is listed, and segments removed but lately. */
	readonly window: number;
};

/** Enough further ones that what the process takes and gives back meanwhile says little. */
const BATCHES = [
	{ which: 'the first', streams: 20 },
	{ which: 'further', streams: 40 },
];
const READY_MS = 15_000;
/** Until as much is let go of as comes: the low-latency window is 30 s long with what is kept behind it. */
const PLAYING_MS = 40_000;
const READINGS = 15;

/**
 * Gateways with one player for each of some streams, and then of more. What the process takes once, whatever
 * the number of streams, is in the first figure alone: V8 has 4 to 32 MiB for young objects, as it sees fit.
 */
export async function measureHlsMemory(camera: CameraReady): Promise<HlsMemory[]> {
	return [
		...(await measure('classic', 'index.m3u8', 'classic', camera)),
		...(await measure('low latency', 'll.m3u8', 'low-latency', camera)),
	];
}

function measure(
	name: string,
	playlist: string,
	start: 'classic' | 'low-latency',
	camera: CameraReady,
): Promise<HlsMemory[]> {
	const number = BATCHES.reduce((sum, { streams }) => sum + streams, 0);
	const ids = Array.from({ length: number }, (_, index) => `camera-${index + 1}`);
	const sources = Object.fromEntries(ids.map((id) => [id, new URL(id, camera.url).href]));
	return withGateway(benchConfig(sources, false), async ({ url, pid }) => {
		for (const id of ids) await untilState(url, id, 'live');
		await delay(READY_MS);
		let before = await leastResident(pid);
		const load: Child<object, LoadMessage, LoadAnswer> = await Child.start('./hls-load.ts');
		const measured: HlsMemory[] = [];
		try {
			for (const { which, streams } of BATCHES) {
				const playlists = ids.splice(0, streams).map((id) => `${url}/hls/${id}/${playlist}`);
				for (const playlist of playlists) await load.ask({ start, playlist, players: 1 });
				await delay(PLAYING_MS);
				const after = await leastResident(pid);
				const windows = await Promise.all(playlists.map(windowBytes));
				const window = windows.reduce((sum, bytes) => sum + bytes, 0) / streams;
				const resident = (after - before) / streams;
				measured.push({ name: `${name}, ${which} ${streams} streams`, resident, window });
				before = after;
			}
			return measured;
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
	const ended = text.lastIndexOf('#EXTINF');
	const parts = [...text.slice(ended).matchAll(/#EXT-X-PART:.*URI="([^"]*)"/g)].map(([, uri = '']) => uri);
	const listed = await bytesOf(playlist, uris);
	const underWay = text.includes('#EXT-X-PART:') ? 1 : 0;
	return listed + listed * (1 + (1 + underWay) / uris.length) + (await bytesOf(playlist, parts));
}

async function bytesOf(playlist: string, uris: readonly string[]): Promise<number> {
	const sizes = uris.map(async (uri) => {
		const response = await fetch(new URL(uri, playlist), { method: 'HEAD' });
		return Number(response.headers.get('content-length'));
	});
	return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
