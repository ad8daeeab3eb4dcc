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
	/** The same when all of them left and came again until the engine had compiled what joins run; where it was measured. */
	readonly warmJoinCpuMs: number | undefined;
	/** From the offer to the first packet, in milliseconds. */
	readonly joinMedianMs: number;
	readonly joinMaxMs: number;
	readonly bytesPerViewer: number;
	/** While others joined and after, in milliseconds, where the receivers measure it. */
	readonly longestGapMs: number | undefined;
};

/**
 * Viewers that decrypt everything, or light ones, of which hundreds fit beside the gateway; these take the packets of
 * a burst together (UDP_GRO), or each one separately.
 */
export type ReceiverKind = 'real' | 'light' | 'light, separate';

const JOINS_AT_ONCE = 4;
/** The engine compiles what is hot in the first seconds; a gateway runs for weeks. */
const WARM_UP_MS = 10_000;
/** The median of these is told: a neighbour on the machine disturbs one of them, seldom two. */
const WINDOWS = 3;
const WINDOW_MS = 5_000;
/** Everybody leaves and comes again until so many joined: the engine compiles what joins run in the first two thousand. */
const WARM_JOINS = 2_000;
const MAX_RETURNS = 15;
/** The median of so many of the last returns is told. */
const COUNTED_RETURNS = 3;
const PAUSE_MS = 1_000;

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
	const first = await startReceivers(kind);
	const others = await startReceivers(kind);
	const count = async () => sumOf(await first.ask({ type: 'count' }), await others.ask({ type: 'count' }));
	const join = async (): Promise<Joins> => {
		const [before, start] = [await count(), await readUsage(pid)];
		const { joinMs, longestGapMs } = await others.ask({
			type: 'join',
			endpoint,
			count: viewers - 1,
			atOnce: JOINS_AT_ONCE,
		});
		const [end, after] = [await readUsage(pid), await count()];
		const packets = after.packets - before.packets;
		return { cpuSeconds: end.cpuSeconds - start.cpuSeconds, packets, joinMs, longestGapMs };
	};
	try {
		await first.ask({ type: 'join', endpoint, count: 1, atOnce: 1 });
		await delay(WARM_UP_MS);
		const idle = await readUsage(pid);
		const joined = await join();
		await delay(WARM_UP_MS);

		const windows: Window[] = [];
		for (let index = 0; index < WINDOWS; index++) windows.push(await measureWindow(pid, count));
		const end = await readUsage(pid);
		const endCount = await count();

		const returns: Joins[] = [];
		const most = Math.min(MAX_RETURNS, COUNTED_RETURNS + Math.ceil(WARM_JOINS / viewers));
		while (kind === 'light' && returns.length < most) {
			await others.ask({ type: 'leave', endpoint });
			await delay(PAUSE_MS);
			returns.push(await join());
			await delay(PAUSE_MS);
		}

		const cpuPerPacket = median(windows.map(({ cpuSeconds, packets }) => cpuSeconds / packets));
		const joinCpuMs = ({ cpuSeconds, packets }: Joins) =>
			((cpuSeconds - cpuPerPacket * packets) / (viewers - 1)) * 1000;
		return {
			viewers,
			cpuMicrosPerPacket: cpuPerPacket * 1e6,
			packetsPerViewerSecond: median(windows.map(({ packets, seconds }) => packets / seconds)) / viewers,
			lost: endCount.lost,
			packets: endCount.packets,
			cpuPercent: median(windows.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds)) * 100,
			joinCpuMs: joinCpuMs(joined),
			warmJoinCpuMs: returns.length > 0 ? median(returns.slice(-COUNTED_RETURNS).map(joinCpuMs)) : undefined,
			joinMedianMs: median(joined.joinMs),
			joinMaxMs: Math.max(...joined.joinMs),
			longestGapMs: joined.longestGapMs,
			bytesPerViewer: (end.residentBytes - idle.residentBytes) / (viewers - 1),
		};
	} finally {
		await Promise.all([first.stop(), others.stop()]);
	}
}

function startReceivers(kind: ReceiverKind): Promise<Receivers> {
	if (kind === 'real') return Child.start('./receivers.ts');
	return Child.start('./light-receivers.ts', kind === 'light' ? [] : ['separate']);
}

type Count = { readonly packets: number; readonly lost: number };

function sumOf(one: ReceiversAnswer, other: ReceiversAnswer): Count {
	return { packets: one.packets + other.packets, lost: one.lost + other.lost };
}

type Joins = {
	readonly cpuSeconds: number;
	readonly packets: number;
	readonly joinMs: readonly number[];
	readonly longestGapMs: number | undefined;
};

type Window = { readonly cpuSeconds: number; readonly seconds: number; readonly packets: number };

async function measureWindow(pid: number, count: () => Promise<Count>): Promise<Window> {
	const start = await readUsage(pid);
	const startCount = await count();
	await delay(WINDOW_MS);
	const end = await readUsage(pid);
	const endCount = await count();
	return {
		cpuSeconds: end.cpuSeconds - start.cpuSeconds,
		seconds: (end.at - start.at) / 1000,
		packets: endCount.packets - startCount.packets,
	};
}
