import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child.ts';
import { benchConfig, useTransport, withGateway } from './gateway.ts';
import type { ReceiversAnswer, ReceiversMessage } from './receivers.ts';
import { percentile } from './statistics.ts';
import type { Table } from './table.ts';

/** A whole class that clicks at once, while others watch. Times in milliseconds. */
export type Rush = {
	readonly transport: Transport;
	readonly watching: number;
	readonly joining: number;
	/** Longest time that one of those who watch got no packet, before anybody joined. */
	readonly calmGapMs: number;
	/** The same from the first click until the last one has pictures. */
	readonly rushGapMs: number;
	/** Packets that those who watch missed. */
	readonly lost: number;
	/** From the click to the first packet. */
	readonly joinP50Ms: number;
	readonly joinMaxMs: number;
};

type Transport = 'native' | 'typescript';

const TRANSPORTS: readonly Transport[] = ['typescript', 'native'];
const WATCHING = 10;
const JOINING = 150;
/** The engine compiles what is hot in the first seconds. */
const WARM_UP_MS = 10_000;
const CALM_MS = 10_000;

/** Measures `JOINING` joins at once at a stream that `WATCHING` others watch, with each transport. */
export async function measureRushes(source: string): Promise<Rush[]> {
	const rushes: Rush[] = [];
	for (const transport of TRANSPORTS) {
		useTransport(transport);
		const config = benchConfig({ camera: source });
		rushes.push(await withGateway(config, ({ url }) => measureRush(`${url}/whep/camera`, transport)));
	}
	return rushes;
}

async function measureRush(endpoint: string, transport: Transport): Promise<Rush> {
	const start = () => Child.start<object, ReceiversMessage, ReceiversAnswer>('./light-receivers.ts');
	const watching = await start();
	const joining = await start();
	try {
		await watching.ask({ type: 'join', endpoint, count: WATCHING, atOnce: 1 });
		// Those who come first find code that has not run yet.
		await joining.ask({ type: 'join', endpoint, count: WATCHING, atOnce: 1 });
		await joining.ask({ type: 'leave', endpoint });
		await delay(WARM_UP_MS);
		await watching.ask({ type: 'count' });
		await delay(CALM_MS);
		const calm = await watching.ask({ type: 'count' });
		const { joinMs } = await joining.ask({ type: 'join', endpoint, count: JOINING, atOnce: JOINING });
		const rush = await watching.ask({ type: 'count' });
		return {
			transport,
			watching: WATCHING,
			joining: JOINING,
			calmGapMs: calm.longestGapMs ?? Number.NaN,
			rushGapMs: rush.longestGapMs ?? Number.NaN,
			lost: rush.lost,
			joinP50Ms: percentile(joinMs, 0.5),
			joinMaxMs: Math.max(...joinMs),
		};
	} finally {
		await Promise.all([watching.stop(), joining.stop()]);
	}
}

export function rushTable(rushes: readonly Rush[]): Table {
	return {
		title: 'A whole class joins at once: how long those who watch get nothing',
		columns: [
			'',
			'longest gap before ms',
			'while they join ms',
			'packets lost',
			'first packet ms, p50 / max',
			'joins a second',
		],
		rows: rushes.map((each) => [
			`Dualcast (${each.transport}), ${each.watching} watch, ${each.joining} join at once`,
			each.calmGapMs.toFixed(0),
			each.rushGapMs.toFixed(0),
			`${each.lost}`,
			`${each.joinP50Ms.toFixed(0)} / ${each.joinMaxMs.toFixed(0)}`,
			((each.joining / each.joinMaxMs) * 1000).toFixed(0),
		]),
		notes: ['A camera of 30 frames a second leaves 33 ms between two frames. All of them run on the same machine.'],
	};
}
