import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child.ts';
import { readUsage } from './process-usage.ts';
import type { ReceiversAnswer, ReceiversMessage } from './receivers.ts';
import { median } from './statistics.ts';

/** What serving `viewers` at once costs a process. */
export type FanOut = {
	readonly viewers: number;
	/** CPU of the whole serving process for one delivered packet, in microseconds. */
	readonly cpuMicrosPerPacket: number;
	readonly packetsPerViewerSecond: number;
	/** Missing at the receivers, of `packets`. */
	readonly lost: number;
	readonly packets: number;
	/** CPU of the whole serving process, in percent of one core. */
	readonly cpuPercent: number;
	/** CPU of one join beyond the media sent meanwhile, in milliseconds. */
	readonly joinCpuMs: number;
	/** From the offer to the first packet, in milliseconds. */
	readonly joinMedianMs: number;
	readonly joinMaxMs: number;
	readonly bytesPerViewer: number;
	/** While others joined and after, in milliseconds, where the receivers measure it. */
	readonly longestGapMs: number | undefined;
};

/** Viewers that decrypt everything, or light ones, of which hundreds fit beside the gateway. */
export type ReceiverKind = 'real' | 'light';

const JOINS_AT_ONCE = 4;
/** The engine compiles what is hot in the first seconds; a gateway runs for weeks. */
const WARM_UP_MS = 10_000;
/** The median of these is told: a neighbour on the machine disturbs one of them, seldom two. */
const WINDOWS = 3;
const WINDOW_MS = 5_000;

type Receivers = Child<object, ReceiversMessage, ReceiversAnswer>;

/**
 * Lets `viewers` join at `endpoint` (WHEP) from a process of their own and measures process `pid`, which serves them.
 * One viewer joins before the first reading, so that what is there once a stream does not count as a viewer's.
 */
export async function measureFanOut(
	pid: number,
	endpoint: string,
	viewers: number,
	kind: ReceiverKind = 'real',
): Promise<FanOut> {
	const module = kind === 'light' ? './light-receivers.ts' : './receivers.ts';
	const receivers = await Child.start<object, ReceiversMessage, ReceiversAnswer>(module);
	try {
		await receivers.ask({ type: 'join', endpoint, count: 1, atOnce: 1 });
		await delay(WARM_UP_MS);
		const idle = await readUsage(pid);
		const idleCount = await receivers.ask({ type: 'count' });
		const joined = await receivers.ask({ type: 'join', endpoint, count: viewers - 1, atOnce: JOINS_AT_ONCE });
		const joinedUsage = await readUsage(pid);
		await delay(WARM_UP_MS);

		const windows: Window[] = [];
		for (let index = 0; index < WINDOWS; index++) windows.push(await measureWindow(pid, receivers));
		const end = await readUsage(pid);
		const endCount = await receivers.ask({ type: 'count' });

		const cpuPerPacket = median(windows.map(({ cpuSeconds, packets }) => cpuSeconds / packets));
		const mediaCpu = cpuPerPacket * (joined.packets - idleCount.packets);
		return {
			viewers,
			cpuMicrosPerPacket: cpuPerPacket * 1e6,
			packetsPerViewerSecond: median(windows.map(({ packets, seconds }) => packets / seconds)) / viewers,
			lost: endCount.lost,
			packets: endCount.packets,
			cpuPercent: median(windows.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds)) * 100,
			joinCpuMs: ((joinedUsage.cpuSeconds - idle.cpuSeconds - mediaCpu) / (viewers - 1)) * 1000,
			joinMedianMs: median(joined.joinMs),
			joinMaxMs: Math.max(...joined.joinMs),
			longestGapMs: joined.longestGapMs,
			bytesPerViewer: (end.residentBytes - idle.residentBytes) / (viewers - 1),
		};
	} finally {
		await receivers.stop();
	}
}

type Window = { readonly cpuSeconds: number; readonly seconds: number; readonly packets: number };

async function measureWindow(pid: number, receivers: Receivers): Promise<Window> {
	const start = await readUsage(pid);
	const startCount = await receivers.ask({ type: 'count' });
	await delay(WINDOW_MS);
	const end = await readUsage(pid);
	const endCount = await receivers.ask({ type: 'count' });
	return {
		cpuSeconds: end.cpuSeconds - start.cpuSeconds,
		seconds: (end.at - start.at) / 1000,
		packets: endCount.packets - startCount.packets,
	};
}
