import { setTimeout as delay } from 'node:timers/promises';
import type { BareSocketsAnswer } from './bare-sockets.ts';
import type { CameraReady } from './camera.ts';
import { Child } from './child.ts';
import { benchConfig, untilState, withGateway } from './gateway.ts';
import type { PlayersAnswer } from './hls-players.ts';
import { readUsage } from './process-usage.ts';
import { median } from './statistics.ts';

/** HLS does not run; it runs and nobody reads it; or each has a player that reads everything. */
export type HlsUse = 'off' | 'running' | 'played';

/** What one of several cameras costs the gateway. */
export type Ingest = {
	readonly cameras: number;
	readonly transport: 'tcp' | 'udp';
	readonly hls: HlsUse;
	/** CPU, percent of one core: the median of the windows, and the best of them. */
	readonly percent: number;
	readonly bestPercent: number;
	/** The same of plain sockets that read the same bytes in the same windows; over TCP and without HLS only. */
	readonly bare: { readonly percent: number; readonly bestPercent: number } | undefined;
	/** Resident memory, in bytes, against the gateway with one camera that rests. */
	readonly bytes: number;
	/** Of it, what the cached group of pictures holds on average. */
	readonly cacheBytes: number;
	/** Bits per second, as the gateway counted them. */
	readonly bitrate: number;
	/** Packets that did not arrive, all cameras together. */
	readonly lost: number;
	/** Segments that the players read, in all, and answers other than 200. */
	readonly segmentsRead: number;
	readonly failures: number;
};

type Load = Pick<Ingest, 'cameras' | 'transport' | 'hls'>;

const LOADS: readonly Load[] = [
	{ cameras: 20, transport: 'tcp', hls: 'off' },
	{ cameras: 20, transport: 'udp', hls: 'off' },
	{ cameras: 20, transport: 'tcp', hls: 'played' },
	{ cameras: 100, transport: 'tcp', hls: 'off' },
	{ cameras: 100, transport: 'udp', hls: 'off' },
	{ cameras: 100, transport: 'tcp', hls: 'running' },
];
const SETTLE_MS = 5000;
/** The engine compiles what is hot in the first seconds; a gateway runs for weeks. */
const WARM_UP_MS = 20_000;
/** Until segments of up to 4 s leave memory and disk as they come: 20 files of each stream stay. */
const HLS_WARM_UP_MS = 100_000;
/** An output rests when nobody has asked for its playlist for 10 s at least. */
const KEEP_RUNNING_MS = 5000;
const WINDOW_MS = 6000;
const WINDOWS = 5;

type StreamStats = {
	readonly current_bitrate: number;
	readonly gop_cache_bytes: number;
	readonly packets_lost: number;
};

/** Pulls many cameras at once. @param only name of one load, as `100-tcp` */
export async function measureIngest(camera: CameraReady, only?: string): Promise<Ingest[]> {
	const idleBytes = await withGateway(benchConfig({ idle: camera.url }), async ({ pid }) => {
		await delay(SETTLE_MS);
		return (await readUsage(pid)).residentBytes;
	});
	const results: Ingest[] = [];
	for (const load of LOADS) {
		if (only !== undefined && only !== nameOf(load)) continue;
		console.error(`bench: ingest ${nameOf(load)} …`);
		results.push(await measureLoad(camera, load, idleBytes));
	}
	return results;
}

function nameOf({ cameras, transport, hls }: Load): string {
	const suffix = { off: '', running: '-hls', played: '-hls-players' };
	return `${cameras}-${transport}${suffix[hls]}`;
}

function measureLoad(camera: CameraReady, load: Load, idleBytes: number): Promise<Ingest> {
	const { cameras, transport, hls } = load;
	const ids = Array.from({ length: cameras }, (_, index) => `camera-${index + 1}`);
	const { servers } = camera;
	const streams = Object.fromEntries(ids.map((id, index) => [id, new URL(id, servers[index % servers.length]).href]));
	return withGateway(benchConfig(streams, false, transport), async ({ url, pid }) => {
		for (const id of ids) await untilState(url, id, 'live');
		const playlists = ids.map((id) => `${url}/hls/${id}/index.m3u8`);
		const players =
			hls === 'played' ? await Child.start<object, 'count', PlayersAnswer>('./hls-players.ts', playlists) : undefined;
		const keeper = hls === 'running' ? new Keeper(playlists) : undefined;
		const bare = await startBareSockets(load, Object.values(streams));
		try {
			await delay(hls === 'off' ? WARM_UP_MS : HLS_WARM_UP_MS);
			const windows: number[] = [];
			const bareWindows: number[] = [];
			for (let window = 0; window < WINDOWS; window++) {
				const [own, plain] = await Promise.all([percentOf(pid), bare && percentOf(bare.pid)]);
				windows.push(own);
				if (plain !== undefined) bareWindows.push(plain);
			}
			if (bare && (await bare.ask('count')).packets === 0) throw new Error('the bare sockets found no frames');
			const { residentBytes } = await readUsage(pid);
			const stats = await Promise.all(ids.map((id) => statsOf(url, id)));
			const sum = (read: (each: StreamStats) => number) => stats.reduce((total, each) => total + read(each), 0);
			return {
				...load,
				...perCamera(windows, cameras),
				bare: bare && perCamera(bareWindows, cameras),
				bytes: (residentBytes - idleBytes) / cameras,
				cacheBytes: sum((each) => each.gop_cache_bytes) / cameras,
				bitrate: sum((each) => each.current_bitrate) / cameras,
				lost: sum((each) => each.packets_lost),
				...((await players?.ask('count')) ?? { segmentsRead: 0, failures: keeper?.failures ?? 0 }),
			};
		} finally {
			keeper?.stop();
			await players?.stop();
			await bare?.stop();
		}
	});
}

/** Starts HLS outputs and asks just often enough that they go on. */
class Keeper {
	readonly #stopped = new AbortController();
	/** Answers other than 200. */
	failures = 0;

	constructor(playlists: readonly string[]) {
		for (const playlist of playlists) void this.#keep(playlist);
	}

	async #keep(playlist: string): Promise<void> {
		const { signal } = this.#stopped;
		while (!signal.aborted) {
			const response = await fetch(playlist, { method: 'HEAD', signal }).catch(() => undefined);
			if (response?.status !== 200 && !signal.aborted) this.failures += 1;
			await delay(KEEP_RUNNING_MS, undefined, { signal }).catch(() => {});
		}
	}

	stop(): void {
		this.#stopped.abort();
	}
}

/** On a machine whose speed changes by the minute, only what runs beside it tells what a figure is worth. */
async function startBareSockets({ transport, hls }: Load, urls: readonly string[]) {
	if (transport !== 'tcp' || hls !== 'off') return undefined;
	return Child.start<object, 'count', BareSocketsAnswer>('./bare-sockets.ts', urls);
}

function perCamera(windows: readonly number[], cameras: number): { percent: number; bestPercent: number } {
	return { percent: median(windows) / cameras, bestPercent: Math.min(...windows) / cameras };
}

async function statsOf(url: string, id: string): Promise<StreamStats> {
	return (await (await fetch(`${url}/api/v1/streams/${id}/stats`)).json()) as StreamStats;
}

async function percentOf(pid: number): Promise<number> {
	const start = await readUsage(pid);
	await delay(WINDOW_MS);
	const end = await readUsage(pid);
	return ((end.cpuSeconds - start.cpuSeconds) / ((end.at - start.at) / 1000)) * 100;
}
