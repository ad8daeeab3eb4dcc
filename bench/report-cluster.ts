import type { Classroom } from './cluster.ts';
import type { Fault } from './cluster-faults.ts';
import type { Table } from './table.ts';

const MIB = 1024 * 1024;

export function classroomTable(room: Classroom): Table {
	const subs = room.nodes.filter(({ id }) => id !== 'main');
	const even = room.viewers / subs.length;
	const uneven = Math.max(...subs.map(({ viewers }) => Math.abs(viewers - even) / even));
	return {
		title: `A classroom: ${room.viewers} viewers with tokens, one stream, ${room.seconds} s`,
		columns: ['node', 'viewers', 'core %', 'resident MiB'],
		rows: room.nodes.map(({ id, viewers, cpuPercent, residentBytes }) => [
			id,
			`${viewers}`,
			cpuPercent.toFixed(0),
			(residentBytes / MIB).toFixed(0),
		]),
		notes: [
			`Placement within ${(uneven * 100).toFixed(0)} % of even. RTSP pulls at the main: ${room.pulls}. Viewers served by the main: ${room.servedByMain}.`,
			`Packets at the viewers: ${room.packets}, missing ${room.lost}; longest time one got nothing: ${room.longestGapMs.toFixed(0)} ms.`,
			`A Chromium among them decoded ${Math.min(100, room.decoded * 100).toFixed(1)} % of the frames. All nodes and all viewers share this machine.`,
		],
	};
}

export function faultTable(faults: readonly Fault[]): Table {
	return {
		title: 'Faults, and what viewers noticed',
		columns: ['', 'viewers', 'moved', 'longest gap of those ms', 'of the others ms'],
		rows: faults.map(({ name, viewers, moved, gapOfMoved, gapOfOthers }) => [
			name,
			`${viewers}`,
			`${moved}`,
			moved === 0 ? '' : gapOfMoved.toFixed(0),
			gapOfOthers.toFixed(0),
		]),
		notes: [
			...faults.map(({ name, note }) => `${name}: ${note}.`),
			'Gaps are between RTP packets; the camera sends a frame every 33 ms.',
		],
	};
}
