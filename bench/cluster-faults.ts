import { setTimeout as delay } from 'node:timers/promises';
import { RunningCluster } from '../test/e2e/harness/cluster.ts';
import { eventually } from '../test/e2e/harness/wait.ts';
import { Child } from './child.ts';
import type { ClusterViewersMessage, ViewerReading } from './cluster-viewers.ts';
import { keepLogs } from './node-logs.ts';

/** What a fault meant for those who watched. */
export type Fault = {
	readonly name: string;
	readonly viewers: number;
	/** Who had to go elsewhere. */
	readonly moved: number;
	/** Longest time without a packet of those who moved, and of the others, in milliseconds. */
	readonly gapOfMoved: number;
	readonly gapOfOthers: number;
	readonly note: string;
};

const SUBS = ['sub1', 'sub2', 'sub3'];
const DEADLINE_MS = 60_000;
const REDIS_AWAY_MS = 20_000;
/** After a fault everything is watched for so long. */
const AFTERWARDS_MS = 8_000;

type Viewers = Child<object, ClusterViewersMessage, ViewerReading[]>;
type Scene = { readonly cluster: RunningCluster; readonly viewers: Viewers; readonly before: readonly ViewerReading[] };

/** Each fault in a cluster of its own: two mains, three subs, `count` viewers. */
export async function measureFaults(camera: string, count: number, progress: (what: string) => void): Promise<Fault[]> {
	const faults: [string, (scene: Scene) => Promise<string>][] = [
		['kill -9 of a sub', killSub],
		['drain of a sub', drainSub],
		['kill -9 of the main that owns the camera', killMain],
		[`kill -9 of Redis for ${REDIS_AWAY_MS / 1000} s`, killRedis],
	];
	const measured: Fault[] = [];
	for (const [name, happen] of faults) {
		progress(`${name}, ${count} viewers`);
		measured.push(await measure(camera, count, name, happen));
	}
	return measured;
}

async function measure(
	camera: string,
	count: number,
	name: string,
	happen: (scene: Scene) => Promise<string>,
): Promise<Fault> {
	const cluster = await RunningCluster.start({
		mains: ['main1', 'main2'],
		subs: SUBS,
		streams: `cam: "${camera}"`,
		times: ['1s', '3s'],
		more: 'log: { level: info }',
	});
	const viewers: Viewers = await Child.start('./cluster-viewers.ts');
	try {
		const endpoints: string[] = [];
		for (let index = 0; index < count; index++) {
			const { webrtc_url } = await cluster.place('main1', `student ${index}`);
			const { pathname, search } = new URL(webrtc_url);
			endpoints.push(pathname + search);
		}
		await viewers.ask({ type: 'join', main: cluster.node('main1').url, endpoints });
		await delay(3_000);
		const before = await viewers.ask({ type: 'reset' });
		const note = await happen({ cluster, viewers, before });
		await delay(AFTERWARDS_MS);
		const after = await viewers.ask({ type: 'count' });
		const hasMoved = (_: ViewerReading, index: number) => (after[index]?.moves ?? 0) > (before[index]?.moves ?? 0);
		const gap = (readings: readonly ViewerReading[]) => Math.max(0, ...readings.map(({ longestGap }) => longestGap));
		const moved = after.filter(hasMoved);
		return {
			name,
			viewers: count,
			moved: moved.length,
			gapOfMoved: gap(moved),
			gapOfOthers: gap(after.filter((reading, index) => !hasMoved(reading, index))),
			note,
		};
	} finally {
		await viewers.stop();
		await keepLogs(name, cluster.outputs);
		await cluster.stop();
	}
}

/** The sub with the most viewers, so that it is one with some. */
function busiest({ cluster, before }: Scene): string {
	const count = (id: string) => before.filter(({ node }) => node === cluster.node(id).url).length;
	return SUBS.toSorted((a, b) => count(b) - count(a))[0] ?? '';
}

async function killSub(scene: Scene): Promise<string> {
	const sub = busiest(scene);
	const lost = scene.cluster.node(sub).url;
	const start = performance.now();
	await scene.cluster.kill(sub);
	await eventually(
		() => scene.viewers.ask({ type: 'count' }),
		(readings) => readings.every(({ node }) => node !== lost),
		DEADLINE_MS,
	);
	return `all elsewhere after ${seconds(start)}`;
}

async function drainSub(scene: Scene): Promise<string> {
	const { cluster } = scene;
	const sub = busiest(scene);
	const start = performance.now();
	await cluster.drain('main1', sub);
	const { node } = await cluster.place('main1', 'a new one');
	await eventually(
		() => cluster.nodes('main1'),
		(nodes) => nodes.some(({ id, viewers }) => id === sub && viewers === 0),
		DEADLINE_MS,
	);
	return `the next viewer was sent ${node === sub ? 'there still' : 'elsewhere'}; empty after ${seconds(start)}`;
}

async function killMain({ cluster }: Scene): Promise<string> {
	const owner = (await cluster.nodes('sub1')).find(({ cameras }) => cameras.length > 0)?.id ?? '';
	const other = owner === 'main1' ? 'main2' : 'main1';
	const start = performance.now();
	await cluster.kill(owner);
	await cluster.place(other, 'a new one');
	const token = seconds(start);
	await eventually(
		() => cluster.nodes('sub1'),
		(nodes) => nodes.some(({ id, cameras }) => id === other && cameras.length > 0),
		DEADLINE_MS,
	);
	return `token from the other main after ${token}, camera taken over after ${seconds(start)}`;
}

async function killRedis({ cluster }: Scene): Promise<string> {
	const ready = async () =>
		((await (await fetch(`${cluster.node('main1').url}/readyz`)).json()) as { status: string }).status;
	await cluster.redis.stop();
	await delay(REDIS_AWAY_MS);
	const status = await ready();
	const { node } = await cluster.place('main1', 'a new one');
	const start = performance.now();
	await cluster.redis.start();
	await eventually(ready, (now) => now === 'ready', DEADLINE_MS);
	await cluster.settled();
	return `without it /readyz said ${status} and a new viewer got ${node}; all well ${seconds(start)} after it was back`;
}

function seconds(start: number): string {
	return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
