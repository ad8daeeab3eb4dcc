import { setTimeout as delay } from 'node:timers/promises';
import type { CameraReady } from './camera.ts';
import { Child } from './child.ts';
import { benchConfig, withGateway } from './gateway.ts';
import type { LoadAnswer, LoadMessage } from './hls-load.ts';
import { Nginx } from './nginx.ts';
import { readUsage } from './process-usage.ts';

/** What a crowd of HLS players of one stream got of a server. */
export type Crowd = {
	readonly name: string;
	readonly players: number;
	readonly responsesPerSecond: number;
	/** Of the whole serving process. */
	readonly cpuMicros: number;
	/** Percent of a core, of the server and of the process that plays. */
	readonly serverPercent: number;
	readonly playersPercent: number;
	readonly bytesPerSecond: number;
	/** Milliseconds from a question to the last byte of its answer. */
	readonly median: number;
	readonly p99: number;
	readonly max: number;
	readonly failures: number;
};

type Load = Child<object, LoadMessage, LoadAnswer>;

const STREAM = 'camera';
const PLAYERS = 2000;
const READY_MS = 8000;
const SETTLE_MS = 5000;
const WINDOW_MS = 15_000;

/** Players of one stream, at the gateway and then at nginx, which serves the gateway's copy on disk meanwhile. */
export async function measureCrowd(camera: CameraReady): Promise<Crowd[]> {
	return withGateway(benchConfig({ [STREAM]: camera.url }, false), async ({ url, pid, directory }) => {
		const own = `${url}/hls/${STREAM}/index.m3u8`;
		const keeper: Load = await Child.start('./hls-load.ts');
		const nginx = await Nginx.start(`${directory}/hls`);
		try {
			// One player keeps the output running while the others are at nginx.
			await keeper.ask({ start: 'classic', playlist: own, players: 1 });
			await delay(READY_MS);
			const servers = [
				{ name: 'Dualcast', pid, playlist: own },
				{ name: 'nginx, from disk', pid: nginx.pid, playlist: `${nginx.url}/${STREAM}/index.m3u8` },
			];
			const results: Crowd[] = [];
			for (const { name, pid: server, playlist } of servers) results.push(await watch(name, server, playlist));
			return results;
		} finally {
			await keeper.stop();
			await nginx.stop();
		}
	});
}

async function watch(name: string, pid: number, playlist: string): Promise<Crowd> {
	const load: Load = await Child.start('./hls-load.ts');
	try {
		await load.ask({ start: 'classic', playlist, players: PLAYERS });
		await delay(SETTLE_MS);
		await load.ask('reset');
		const [server, players] = [await readUsage(pid), await readUsage(load.pid)];
		await delay(WINDOW_MS);
		const { responses, bytes, failures, latencies } = await load.ask('count');
		const [serverEnd, playersEnd] = [await readUsage(pid), await readUsage(load.pid)];
		const seconds = (serverEnd.at - server.at) / 1000;
		const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
		return {
			...{ name, players: PLAYERS, failures },
			responsesPerSecond: responses / seconds,
			bytesPerSecond: bytes / seconds,
			cpuMicros: ((serverEnd.cpuSeconds - server.cpuSeconds) * 1e6) / responses,
			serverPercent: ((serverEnd.cpuSeconds - server.cpuSeconds) / seconds) * 100,
			playersPercent: ((playersEnd.cpuSeconds - players.cpuSeconds) / seconds) * 100,
			...{ median: at(0.5), p99: at(0.99), max: at(1) },
		};
	} finally {
		await load.stop();
	}
}
