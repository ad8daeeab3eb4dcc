import { setTimeout as delay } from 'node:timers/promises';
import { FRAME_RATE } from './camera-clip.ts';
import { Child } from './child.ts';
import { readUsage } from './process-usage.ts';
import type { ReceiversAnswer, ReceiversMessage } from './receivers.ts';
import type { Table } from './table.ts';
import { type InboundVideo, WatchingChromium } from './watching-chromium.ts';

/** A crowd of which one viewer is a real browser, through one whole minute. */
export type CrowdMinute = {
	readonly transport: string;
	readonly viewers: number;
	/** CPU of the whole serving process for one delivered packet, in microseconds. */
	readonly cpuMicrosPerPacket: number;
	/** The same, in percent of one core. */
	readonly cpuPercent: number;
	/** Delivered to all in this minute, and to the viewer who got the fewest and the most. */
	readonly packets: number;
	readonly fewestPackets: number;
	readonly mostPackets: number;
	/** By the sequence numbers, of every viewer, since it joined. */
	readonly lost: number;
	readonly chromium: {
		/** Fraction of the frames that were due. */
		readonly decoded: number;
		/** How often the player had to connect again; its counters begin anew then. */
		readonly again: number;
		readonly freezes: number;
		readonly frozenMs: number;
		readonly pictureLosses: number;
	};
};

/** Instead of a minute: so many had joined when the next ones could not, most often because no media came. */
export type Overloaded = { readonly transport: string; readonly viewers: number; readonly joined: number };

const JOINS_AT_ONCE = 4;
/** Viewers who join by one message: its answer has a deadline. */
const LOT = 50;
/** The engine compiles what is hot in the first seconds; a gateway runs for weeks. */
const WARM_UP_MS = 10_000;
const MINUTE_MS = 60_000;

/** Measures process `pid`, the gateway at `url`, while Chromium and a crowd of light viewers watch its stream `id`. */
export async function measureCrowdMinute(
	pid: number,
	url: string,
	id: string,
	transport: string,
	viewers: number,
): Promise<CrowdMinute | Overloaded> {
	const crowd = await Child.start<object, ReceiversMessage, ReceiversAnswer>('./light-receivers.ts');
	let chromium: WatchingChromium | undefined;
	try {
		chromium = await WatchingChromium.open(url, id);
		const endpoint = `${url}/whep/${id}`;
		for (let joined = 1; joined < viewers; joined += LOT) {
			const count = Math.min(LOT, viewers - joined);
			const join = crowd.ask({ type: 'join', endpoint, count, atOnce: JOINS_AT_ONCE });
			// The process of the light viewers says why before it ends.
			if (!(await join.catch(() => undefined))) return { transport, viewers, joined };
		}
		await delay(WARM_UP_MS);

		const [seen, before, start] = [await chromium.read(), await crowd.ask({ type: 'count' }), await readUsage(pid)];
		await delay(MINUTE_MS);
		const [watched, after, end] = [await chromium.read(), await crowd.ask({ type: 'count' }), await readUsage(pid)];

		const again = watched.connections - seen.connections;
		const since = (name: keyof InboundVideo) => watched[name] - (again > 0 ? 0 : seen[name]);
		const cpuSeconds = end.cpuSeconds - start.cpuSeconds;
		const seconds = (end.at - start.at) / 1000;
		const own = since('packetsReceived');
		const packets = after.packets - before.packets + own;
		return {
			transport,
			viewers,
			cpuMicrosPerPacket: (cpuSeconds / packets) * 1e6,
			cpuPercent: (cpuSeconds / seconds) * 100,
			packets,
			fewestPackets: Math.min(after.fewestPackets ?? 0, own),
			mostPackets: Math.max(after.mostPackets ?? 0, own),
			lost: after.lost + watched.packetsLost,
			chromium: {
				decoded: since('framesDecoded') / (seconds * FRAME_RATE),
				again,
				freezes: since('freezeCount'),
				frozenMs: since('totalFreezesDuration') * 1000,
				pictureLosses: since('pliCount'),
			},
		};
	} finally {
		await Promise.all([crowd.stop(), chromium?.close()]);
	}
}

export function crowdMinuteTable(results: readonly (CrowdMinute | Overloaded)[]): Table {
	return {
		title: `WebRTC: a crowd for ${MINUTE_MS / 1000} s, one of them Chromium`,
		columns: [
			'transport, viewers',
			'CPU µs/packet',
			'core %',
			'packets in all',
			'a viewer (fewest / most)',
			'lost',
			'frames decoded',
			'freezes (in all)',
			'PLI',
		],
		rows: results.map((each) => {
			const name = `${each.transport}, ${each.viewers}`;
			return 'joined' in each
				? [`${name}: no more than ${each.joined} could join`, '', '', '', '', '', '', '', '']
				: [name, ...cellsOf(each)];
		}),
		notes: [
			'One window, of which nothing is left out; CPU is of the gateway for all packets of all viewers.',
			"The viewers' packets are counted a moment apart from each other, so that their numbers differ by those of a frame or two; what is lost is seen by the sequence numbers, from each viewer's first packet on.",
			'Frames decoded (of those due), freezes and PLI are those of the player in Chromium, which decodes and draws on the same two cores.',
		],
	};
}

function cellsOf({ chromium, ...each }: CrowdMinute): string[] {
	return [
		each.cpuMicrosPerPacket.toFixed(2),
		each.cpuPercent.toFixed(0),
		`${each.packets}`,
		`${each.fewestPackets} / ${each.mostPackets}`,
		`${each.lost}`,
		`${(chromium.decoded * 100).toFixed(1)} %${chromium.again > 0 ? `, connected ${chromium.again} times again` : ''}`,
		`${chromium.freezes} (${chromium.frozenMs.toFixed(0)} ms)`,
		`${chromium.pictureLosses}`,
	];
}
