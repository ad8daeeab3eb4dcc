import { setTimeout as delay } from 'node:timers/promises';
import type { CameraReady } from './camera.ts';
import { Child } from './child.ts';
import { benchConfig, untilState, withGateway } from './gateway.ts';
import type { PlayersAnswer } from './hls-players.ts';
import { readUsage } from './process-usage.ts';

/** What one camera costs the gateway. */
export type Ingest = {
	readonly cameras: number;
	/** CPU, percent of one core, for each camera. */
	readonly pullPercent: number;
	readonly hlsPercent: number;
	/** Resident memory for each camera, in bytes, against the gateway without one. */
	readonly pullBytes: number;
	readonly hlsBytes: number;
	/** Bits per second of one camera, as the gateway counted them while nobody watched. */
	readonly bitrate: number;
	/** Segments that the players read, in all, and answers other than 200. */
	readonly segmentsRead: number;
	readonly failures: number;
};

const CAMERAS = 20;
const SETTLE_MS = 5000;
/** The engine compiles what is hot in the first seconds; a gateway runs for weeks. */
const WARM_UP_MS = 15_000;
const MEASURE_MS = 15_000;

/** Pulls 20 cameras at once, first with no reader, then with one HLS player each. */
export async function measureIngest(camera: CameraReady): Promise<Ingest> {
	const ids = Array.from({ length: CAMERAS }, (_, index) => `camera-${index + 1}`);
	const idleBytes = await withGateway(benchConfig({ idle: camera.url }), async ({ pid }) => {
		await delay(SETTLE_MS);
		return (await readUsage(pid)).residentBytes;
	});
	const streams = Object.fromEntries(ids.map((id) => [id, new URL(id, camera.url).href]));
	return withGateway(benchConfig(streams, false), async ({ url, pid }) => {
		for (const id of ids) await untilState(url, id, 'live');
		await delay(WARM_UP_MS);
		const pull = await measure(pid);
		const bitrates = await Promise.all(ids.map((id) => bitrateOf(url, id)));

		const playlists = ids.map((id) => `${url}/hls/${id}/index.m3u8`);
		const players = await Child.start<object, 'count', PlayersAnswer>('./hls-players.ts', playlists);
		try {
			await delay(WARM_UP_MS);
			const hls = await measure(pid);
			const { segmentsRead, failures } = await players.ask('count');
			return {
				cameras: CAMERAS,
				pullPercent: pull.percent / CAMERAS,
				hlsPercent: hls.percent / CAMERAS,
				pullBytes: (pull.residentBytes - idleBytes) / CAMERAS,
				hlsBytes: (hls.residentBytes - idleBytes) / CAMERAS,
				bitrate: bitrates.reduce((sum, each) => sum + each, 0) / CAMERAS,
				segmentsRead,
				failures,
			};
		} finally {
			await players.stop();
		}
	});
}

async function bitrateOf(url: string, id: string): Promise<number> {
	const stats = (await (await fetch(`${url}/api/v1/streams/${id}/stats`)).json()) as { current_bitrate: number };
	return stats.current_bitrate;
}

async function measure(pid: number): Promise<{ percent: number; residentBytes: number }> {
	const start = await readUsage(pid);
	await delay(MEASURE_MS);
	const end = await readUsage(pid);
	const seconds = (end.at - start.at) / 1000;
	return { percent: ((end.cpuSeconds - start.cpuSeconds) / seconds) * 100, residentBytes: end.residentBytes };
}
