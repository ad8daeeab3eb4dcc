import type { FanOut } from './fan-out.ts';
import type { Table } from './table.ts';

const MIB = 1024 * 1024;

/** A crowd, what serves it, and whether its viewers take the packets of a burst together. */
export type Crowd = FanOut & { readonly transport: string; readonly together: boolean };

export function crowdOfViewersTable(results: readonly Crowd[]): Table {
	return {
		title: 'WebRTC: what hundreds of viewers cost',
		columns: [
			'transport, viewers, who take packets',
			'CPU µs/packet',
			'core %',
			'viewers a core',
			'packets in all',
			'lost',
			'CPU ms a join, first / again',
			'longest gap ms',
			'memory',
		],
		rows: results.map((each) => [
			`${each.transport}, ${each.viewers}, ${each.together ? 'together' : 'one by one'}`,
			each.cpuMicrosPerPacket.toFixed(2),
			each.cpuPercent.toFixed(0),
			((each.viewers / each.cpuPercent) * 100).toFixed(0),
			`${each.packets}`,
			`${each.lost}`,
			[each.joinCpuMs, ...(each.warmJoinCpuMs === undefined ? [] : [each.warmJoinCpuMs])]
				.map((ms) => ms.toFixed(1))
				.join(' / '),
			each.longestGapMs?.toFixed(0) ?? '',
			`${(each.bytesPerViewer / MIB).toFixed(2)} MiB`,
		]),
		notes: [
			"Over loopback the kernel does the viewers' part in the sender's time: it takes each packet up the stack and wakes its viewer. Over a network card the sender has none of that. Viewers who take the packets of a burst together leave little of it: they have them coalesced (UDP_GRO) and, while nobody joins, look into their sockets every 5 ms, so that no packet wakes them. Each packet wakes those who take them one by one, as it did the viewers of what was measured elsewhere.",
			'Join: beyond the media that is sent meanwhile, each packet at the cost told here. The cached group of pictures that a viewer begins with, up to two seconds, is media. First by a gateway that has served one viewer before, then when all have left and come again until some two thousand have joined (the median of the last three times), as in one that runs for weeks: the engine has compiled what joins run by then.',
			'The viewers make real ICE checks and DTLS handshakes, report once a second, and count packets by their headers.',
			'The longest gap is that of any viewer who was there while the others joined.',
		],
	};
}
