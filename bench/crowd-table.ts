import type { FanOut } from './fan-out.ts';
import type { Table } from './table.ts';

const MIB = 1024 * 1024;

export function crowdOfViewersTable(results: readonly FanOut[]): Table {
	return {
		title: 'WebRTC: what hundreds of viewers cost',
		columns: [
			'viewers',
			'CPU µs/packet',
			'core %',
			'packets in all',
			'lost',
			'CPU ms a join',
			'longest gap ms',
			'memory',
		],
		rows: results.map((each) => [
			`${each.viewers}`,
			each.cpuMicrosPerPacket.toFixed(2),
			each.cpuPercent.toFixed(0),
			`${each.packets}`,
			`${each.lost}`,
			each.joinCpuMs.toFixed(1),
			each.longestGapMs?.toFixed(0) ?? '',
			`${(each.bytesPerViewer / MIB).toFixed(2)} MiB`,
		]),
		notes: [
			'The viewers make real ICE checks and DTLS handshakes, report once a second, and count packets by their headers.',
			'The longest gap is that of any viewer who was there while the others joined.',
		],
	};
}
