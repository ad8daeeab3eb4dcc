import { setTimeout as delay } from 'node:timers/promises';
import type { CameraMessage, CameraReady, SentFrame } from './camera.ts';
import { cameraClip } from './camera-clip.ts';
import { Child } from './child.ts';
import { benchConfig, useTransport, withGateway } from './gateway.ts';
import type { Arrivals, LightAnswer, LightMessage } from './light-receivers.ts';
import { percentile } from './statistics.ts';
import type { Table } from './table.ts';

/** How long packets stay in the gateway. Times in milliseconds. */
export type AddedLatency = Case & {
	/** Times that were measured: one for each frame and viewer. */
	readonly times: number;
	readonly all: Spread;
	readonly keyFrames: Spread;
	readonly others: Spread;
	/** How late the event loop of the gateway was. */
	readonly loop: Spread;
};

type Spread = { readonly p50: number; readonly p99: number };
type Transport = 'native' | 'typescript';
type Case = {
	readonly transport: Transport;
	readonly viewers: number;
	/** That encrypt and send; by default as many as a gateway on this machine takes. */
	readonly threads?: number;
};

const CASES: readonly Case[] = [
	{ transport: 'native', viewers: 1 },
	{ transport: 'native', viewers: 150 },
	{ transport: 'native', viewers: 150, threads: 2 },
	{ transport: 'native', viewers: 450 },
	{ transport: 'native', viewers: 450, threads: 2 },
	{ transport: 'typescript', viewers: 1 },
	{ transport: 'typescript', viewers: 150 },
];
const JOINS_AT_ONCE = 4;
/** Until V8 has collected what the joins left: when a heap comes to rest, up to 30 ms at a time. */
const WARM_UP_MS = 30_000;
const SECONDS = 20;
/** For the event loop: its watch looks a hundred times a second, which takes 0.2 ms of a frame's time. */
const LOOP_SECONDS = 10;
/** The last frames are on their way when the camera is asked. */
const ON_THE_WAY_MS = 500;
/** What prom-client's watch of the event loop reports when nothing delays it. */
const LOOP_RESOLUTION_MS = 10;

/** Measures each case for some seconds. @param progress is told what comes next */
export async function measureAddedLatency(progress: (what: string) => void): Promise<AddedLatency[]> {
	const camera = await Child.start<CameraReady, CameraMessage, SentFrame[]>('./camera.ts', [await cameraClip()]);
	const results: AddedLatency[] = [];
	try {
		for (const each of CASES) {
			progress(`added latency with ${each.viewers} viewers over the transport ${nameOf(each)}`);
			useTransport(each.transport, each.threads);
			const config = benchConfig({ camera: camera.ready.url });
			results.push(await withGateway(config, ({ url }) => measure(url, camera, each)));
		}
	} finally {
		await camera.stop();
	}
	return results;
}

async function measure(
	url: string,
	camera: Child<CameraReady, CameraMessage, SentFrame[]>,
	each: Case,
): Promise<AddedLatency> {
	const { viewers } = each;
	const receivers = await Child.start<object, LightMessage, LightAnswer>('./light-receivers.ts', ['stamped']);
	try {
		const endpoint = `${url}/whep/camera`;
		await receivers.ask({ type: 'join', endpoint, count: viewers, atOnce: Math.min(viewers, JOINS_AT_ONCE) });
		await delay(WARM_UP_MS);
		await receivers.ask({ type: 'frames' });
		await camera.ask({ type: 'frames' });
		await delay(SECONDS * 1000);
		const sent = await camera.ask({ type: 'frames' });
		await delay(ON_THE_WAY_MS);
		const { frames } = await receivers.ask({ type: 'frames' });
		await eventLoopDelay(url);
		await delay(LOOP_SECONDS * 1000);
		const loop = await eventLoopDelay(url);
		const times = addedTimes(sent, frames);
		if (times.length < sent.length * viewers * 0.99) throw new Error('frames are missing');
		return {
			...each,
			times: times.length,
			all: spreadOf(times.map(({ ms }) => ms)),
			keyFrames: spreadOf(times.filter(({ key }) => key).map(({ ms }) => ms)),
			others: spreadOf(times.filter(({ key }) => !key).map(({ ms }) => ms)),
			loop,
		};
	} finally {
		await receivers.stop();
	}
}

type Added = { readonly ms: number; readonly key: boolean };

/** The gateway's RTP timestamps are the camera's and a constant: the one that fits most frames that follow each other. */
function addedTimes(sent: readonly SentFrame[], frames: Arrivals): Added[] {
	const offset = mostFrequent(
		frames.flatMap(([timestamp, [first]]) => {
			const before = sent.findLast(({ at }) => first !== undefined && at <= first + 1000);
			return before ? (timestamp - before.timestamp) >>> 0 : [];
		}),
	);
	const arrivals = new Map(frames.map(([timestamp, at]) => [(timestamp - offset) >>> 0, at]));
	return sent.flatMap(({ timestamp, key, at }) =>
		(arrivals.get(timestamp) ?? []).map((arrival) => ({ ms: (arrival - at) / 1000, key })),
	);
}

function mostFrequent(values: readonly number[]): number {
	const counts = new Map<number, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
}

function spreadOf(values: readonly number[]): Spread {
	return { p50: percentile(values, 0.5), p99: percentile(values, 0.99) };
}

/** Since it was asked for last; the first question starts the watch. */
async function eventLoopDelay(url: string): Promise<Spread> {
	const metrics = await (await fetch(`${url}/metrics`)).text();
	const read = (name: string) => {
		const seconds = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)`, 'm').exec(metrics)?.[1];
		return Math.max(0, Number(seconds) * 1000 - LOOP_RESOLUTION_MS);
	};
	return { p50: read('p50'), p99: read('p99') };
}

function nameOf({ transport, threads }: Case): string {
	return threads === undefined ? transport : `${transport}, ${threads} threads`;
}

export function addedLatencyTable(results: readonly AddedLatency[]): Table {
	const cell = ({ p50, p99 }: Spread) => `${p50.toFixed(2)} / ${p99.toFixed(2)}`;
	return {
		title: 'Added latency: from the camera to the viewers, milliseconds (p50 / p99)',
		columns: ['', 'viewers', 'all frames', 'key frames', 'other frames', 'event-loop delay', 'times measured'],
		rows: results.map((each) => [
			`Dualcast (${nameOf(each)})`,
			`${each.viewers}`,
			cell(each.all),
			cell(each.keyFrames),
			cell(each.others),
			cell(each.loop),
			`${each.times}`,
		]),
		notes: [
			"From when the camera has handed a frame's last packet to the kernel until it comes out of the kernel's network for a viewer, each frame and viewer counted. Camera, gateway and viewers share the machine; viewers take a frame 12 ms after the first of them has it, and only while nobody else wants the processor, so that they do not take it from a gateway that sends.",
			'Measured when the gateway is at rest, 30 s after the last viewer came: what joining leaves behind is collected then, in pauses of up to 30 ms. The event loop is watched afterwards.',
			'A key frame has about 51 packets, another one 7. One frame in 60 is a key frame, so the slowest hundredth of all are key frames.',
		],
	};
}
