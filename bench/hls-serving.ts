import { setTimeout as delay } from 'node:timers/promises';
import type { BareMessage, BareReady } from './bare-http.ts';
import type { CameraReady } from './camera.ts';
import { Child } from './child.ts';
import { benchConfig, withGateway } from './gateway.ts';
import type { LoadAnswer, LoadMessage } from './hls-load.ts';
import { readUsage } from './process-usage.ts';
import { median } from './statistics.ts';

/** What answering HLS players cost a server. */
export type Serving = {
	readonly name: string;
	readonly players: number;
	/** Microseconds of CPU of the whole process for one response: the median of the windows, and the best of them. */
	readonly cpuMicros: number;
	readonly bestMicros: number;
	/** Percent of a core that the process takes with one player alone. */
	readonly restPercent: number | undefined;
	readonly responsesPerSecond: number;
	/** Bytes of a response on average. */
	readonly bytes: number;
	readonly failures: number;
};

type Load = Child<object, LoadMessage, LoadAnswer>;

const STREAM = 'camera';
const LOW_LATENCY_PLAYERS = 100;
/** The engine compiles what is hot; of what runs for each picture only, that takes a while. */
const WARM_UP_MS = 30_000;
const REST_MS = 10_000;
const WINDOW_MS = 10_000;
const WINDOWS = 5;

type Window = { readonly micros: number; readonly percent: number; readonly count: LoadAnswer };

/** Low-latency players of one stream; then as many others at a bare `node:http` server. */
export async function measureLowLatencyPlayers(camera: CameraReady): Promise<Serving[]> {
	return withGateway(benchConfig({ [STREAM]: camera.url }, false), async ({ url, pid }) => {
		const playlist = `${url}/hls/${STREAM}/ll.m3u8`;
		const bare = await Child.start<BareReady, BareMessage, object>('./bare-http.ts');
		const load: Load = await Child.start('./hls-load.ts');
		const play = (playlist: string, players: number) => load.ask({ start: 'low-latency', playlist, players });
		try {
			await bare.ask(await sizesOf(playlist));
			await play(playlist, 1);
			await delay(REST_MS);
			const rest = await measureWindow(load, pid);
			await play(playlist, LOW_LATENCY_PLAYERS - 1);
			const served = await measureWindows(load, pid);
			await load.ask('stop');
			await play(bare.ready.playlist, LOW_LATENCY_PLAYERS);
			const servedBare = await measureWindows(load, bare.pid);
			return [summary('Dualcast', served, rest.percent), summary('bare node:http', servedBare, undefined)];
		} finally {
			await load.stop();
			await bare.stop();
		}
	});
}

async function measureWindows(load: Load, pid: number): Promise<Window[]> {
	await delay(WARM_UP_MS);
	const windows: Window[] = [];
	while (windows.length < WINDOWS) windows.push(await measureWindow(load, pid));
	return windows;
}

/** Counts for a while. */
async function measureWindow(load: Load, pid: number): Promise<Window> {
	await load.ask('reset');
	const start = await readUsage(pid);
	await delay(WINDOW_MS);
	const count = await load.ask('count');
	const end = await readUsage(pid);
	const used = end.cpuSeconds - start.cpuSeconds;
	return { micros: (used * 1e6) / count.responses, percent: (used / ((end.at - start.at) / 1000)) * 100, count };
}

function summary(name: string, windows: readonly Window[], restPercent: number | undefined): Serving {
	const micros = windows.map((window) => window.micros);
	const total = (read: (count: LoadAnswer) => number) => windows.reduce((sum, { count }) => sum + read(count), 0);
	return {
		name,
		players: LOW_LATENCY_PLAYERS,
		restPercent,
		cpuMicros: median(micros),
		bestMicros: Math.min(...micros),
		responsesPerSecond: total(({ responses }) => responses) / windows.length / (WINDOW_MS / 1000),
		bytes: total(({ bytes }) => bytes) / total(({ responses }) => responses),
		failures: total(({ failures }) => failures),
	};
}

/** What the playlist and a part of the stream weigh. */
async function sizesOf(playlist: string): Promise<BareMessage> {
	let text = '';
	// Its length settles once the playlist is full.
	for (let second = 0; second < 8; second++) {
		text = await (await fetch(playlist)).text();
		await delay(1000);
	}
	const uris = [...text.matchAll(/#EXT-X-PART:.*URI="([^"]*)"/g)].map(([, uri = '']) => new URL(uri, playlist));
	const sizes = await Promise.all(uris.map(async (uri) => (await (await fetch(uri)).arrayBuffer()).byteLength));
	return {
		playlistBytes: text.length,
		partBytes: Math.round(sizes.reduce((sum, each) => sum + each, 0) / sizes.length),
	};
}
