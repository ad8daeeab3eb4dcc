import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { launchChromium } from '../test/e2e/harness/chromium.ts';
import { type Place, RunningCluster } from '../test/e2e/harness/cluster.ts';
import { playing, statsOf } from '../test/e2e/harness/player.ts';
import { FRAME_RATE } from './camera-clip.ts';
import { Child } from './child.ts';
import { keepLogs, whatHappened } from './node-logs.ts';
import { readUsage } from './process-usage.ts';
import type { ReceiversAnswer, ReceiversMessage } from './receivers.ts';

/** A full classroom cluster for a while. */
export type Classroom = {
	readonly viewers: number;
	readonly seconds: number;
	readonly nodes: readonly {
		readonly id: string;
		readonly viewers: number;
		/** CPU of the process, in percent of one core. */
		readonly cpuPercent: number;
		readonly residentBytes: number;
	}[];
	/** Connections by which subs pull from the main. */
	readonly pulls: number;
	/** WebRTC sessions and HLS viewers at the main. */
	readonly servedByMain: number;
	readonly packets: number;
	readonly lost: number;
	/** Longest time one of the viewers got nothing, in milliseconds. */
	readonly longestGapMs: number;
	/** Frames that Chromium decoded, of those that the camera sent. */
	readonly decoded: number;
};

const SUBS = ['sub1', 'sub2', 'sub3'];
const DEADLINE_MS = 30_000;

type Receivers = Child<object, ReceiversMessage, ReceiversAnswer>;

/** Has `viewers` of them, each with a token and the place it was given, watch one stream for `seconds`. */
export async function measureClassroom(camera: string, viewers: number, seconds: number): Promise<Classroom> {
	const cluster = await RunningCluster.start({
		mains: ['main'],
		subs: SUBS,
		streams: `cam: "${camera}"`,
		times: ['1s', '3s'],
		cluster: `  capacity: ${viewers / SUBS.length + 1}`,
		more: 'log: { level: info }',
	});
	const receivers = new Map<string, Receivers>();
	const browser = await launchChromium();
	try {
		const own = await cluster.place('main', 'the one who looks');
		const page = await (await browser.newContext()).newPage();
		await page.goto(`${own.watch_url}&mode=webrtc`);
		await playing(page, 'webrtc', DEADLINE_MS);
		for (const sub of SUBS) receivers.set(sub, await Child.start('./light-receivers.ts'));
		// As students come: each asks for a token and joins where it says.
		const places = new Map<string, Place[]>(SUBS.map((sub) => [sub, []]));
		for (let index = 1; index < viewers; index++) {
			const place = await cluster.place('main', `student ${index}`);
			places.get(place.node ?? '')?.push(place);
			const child = receivers.get(place.node ?? '');
			await child?.ask({ type: 'join', endpoint: place.webrtc_url, count: 1, atOnce: 1 });
		}
		await delay(5_000);

		const ids = ['main', ...SUBS];
		const usage = () => Promise.all(ids.map((id) => readUsage(cluster.node(id).process.pid as number)));
		const count = () => Promise.all([...receivers.values()].map((child) => child.ask({ type: 'count' })));
		await count();
		const placed = await viewersOf(cluster);
		const [before, framesBefore] = [await usage(), (await statsOf(page)).framesDecoded];
		const start = performance.now();
		await delay(seconds * 1000);
		const [after, frames] = [await usage(), (await statsOf(page)).framesDecoded];
		const elapsed = (performance.now() - start) / 1000;
		const counts = await count();

		const watching = await viewersOf(cluster);
		for (const [id, output] of cluster.outputs) {
			const [then = 0, now = 0] = [placed.get(id), watching.get(id)];
			if (now < then) console.error(`${id} had ${then} viewers, now ${now}:\n${whatHappened(output())}`);
		}
		const main = await cluster.get<{ viewers: { webrtc: number; hls: number } }>('main', '/api/v1/streams/cam');
		return {
			viewers,
			seconds,
			nodes: ids.map((id, index) => ({
				id,
				viewers: watching.get(id) ?? 0,
				cpuPercent: percent(before[index], after[index]),
				residentBytes: after[index]?.residentBytes ?? 0,
			})),
			pulls: await connectionsTo(cluster.pullPorts.get('main') ?? 0),
			servedByMain: main.viewers.webrtc + main.viewers.hls,
			packets: counts.reduce((sum, { packets }) => sum + packets, 0),
			lost: counts.reduce((sum, { lost }) => sum + lost, 0),
			longestGapMs: Math.max(...counts.map(({ longestGapMs = 0 }) => longestGapMs)),
			decoded: (frames - framesBefore) / (elapsed * FRAME_RATE),
		};
	} finally {
		await Promise.all([...receivers.values()].map((child) => child.stop()));
		await browser.close();
		await keepLogs('classroom', cluster.outputs);
		await cluster.stop();
	}
}

async function viewersOf(cluster: RunningCluster): Promise<Map<string, number>> {
	return new Map((await cluster.nodes('main')).map(({ id, viewers }) => [id, viewers]));
}

type Usage = Awaited<ReturnType<typeof readUsage>>;

function percent(before: Usage | undefined, after: Usage | undefined): number {
	if (!before || !after) return 0;
	return ((after.cpuSeconds - before.cpuSeconds) / ((after.at - before.at) / 1000)) * 100;
}

const ESTABLISHED = '01';

/** Connections that a port of this machine has accepted (proc(5)). */
async function connectionsTo(port: number): Promise<number> {
	const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
	const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
	return rows.filter((row) => {
		const [, local = '', , state] = row.trim().split(/\s+/);
		return local.endsWith(wanted) && state === ESTABLISHED;
	}).length;
}
