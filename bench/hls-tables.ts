import type { Crowd } from './hls-crowd.ts';
import type { HlsMemory } from './hls-memory.ts';
import type { Muxing } from './hls-mux.ts';
import type { Serving } from './hls-serving.ts';
import type { Table } from './table.ts';

const ELSEWHERE = '(measured elsewhere)';
const MEGA = 1e6;
const MIB = 1024 * 1024;

/** Low-latency players of one stream. */
export function servingTable(servings: readonly Serving[]): Table {
	const [own, bare] = servings;
	const rows = servings.map(
		({ name, players, cpuMicros, bestMicros, restPercent, responsesPerSecond, bytes, failures }) => [
			`${name}, ${players} players`,
			`${cpuMicros.toFixed(0)} / ${bestMicros.toFixed(0)}`,
			restPercent === undefined ? '' : `${restPercent.toFixed(1)} %`,
			responsesPerSecond.toFixed(0),
			`${(bytes / 1000).toFixed(1)} kB`,
			`${failures}`,
		],
	);
	const notes = [
		'Half of the answers are playlists, half are parts; each is held until it is there. At rest is one player.',
	];
	if (own && bare) notes.push(`Dualcast / bare node:http: ${(own.cpuMicros / bare.cpuMicros).toFixed(2)}`);
	return {
		title: 'Low-latency HLS: CPU of the whole process for one response',
		columns: ['', 'µs (median / best)', 'at rest', 'responses/s', 'size', 'failures'],
		rows: [...rows, [`MediaMTX, 100 players ${ELSEWHERE}`, '100', '', '1000', '42 kB', '']],
		notes,
	};
}

/** Many players of one stream. */
export function crowdTable(crowds: readonly Crowd[]): Table {
	const [own, nginx] = crowds;
	const rows = crowds.map((crowd) => [
		`${crowd.name}, ${crowd.players} players`,
		`${crowd.median.toFixed(0)} / ${crowd.p99.toFixed(0)} / ${crowd.max.toFixed(0)} ms`,
		crowd.cpuMicros.toFixed(0),
		`${crowd.serverPercent.toFixed(0)} %`,
		`${crowd.playersPercent.toFixed(0)} %`,
		crowd.responsesPerSecond.toFixed(0),
		`${(crowd.bytesPerSecond / MEGA).toFixed(0)} MB/s`,
		`${crowd.failures}`,
	]);
	const notes = ['Players and server share the cores of one machine: the players, too, make answers late.'];
	if (own && nginx) notes.push(`Dualcast / nginx, CPU a response: ${(own.cpuMicros / nginx.cpuMicros).toFixed(2)}`);
	return {
		title: 'HLS: a crowd that asks for the playlist each second and for each segment once',
		columns: [
			'',
			'answer (median / p99 / max)',
			'CPU µs/response',
			'core',
			'players',
			'responses/s',
			'sent',
			'failures',
		],
		rows,
		notes,
	};
}

/** Access units packed as fast as it goes. */
export function muxingTable(muxings: readonly Muxing[]): Table {
	return {
		title: 'HLS: packing a stream, CPU of the whole process',
		columns: ['', 'ms a stream-second (median / best)', 'Mbit/s written'],
		rows: muxings.map(({ name, cpuMillis, bestMillis, bitrate }) => [
			name,
			`${cpuMillis.toFixed(2)} / ${bestMillis.toFixed(2)}`,
			(bitrate / MEGA).toFixed(2),
		]),
		notes: ['Segments, parts and playlists in memory: no camera, no disk and no player.'],
	};
}

/** Outputs at rest but for one player. */
export function memoryTable(memories: readonly HlsMemory[]): Table {
	const mebibytes = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
	return {
		title: 'HLS: memory of an output, with one player',
		columns: ['', 'resident', 'of it segments and parts', 'the rest'],
		rows: memories.map(({ name, resident, window }) => [
			name,
			mebibytes(resident),
			mebibytes(window),
			mebibytes(resident - window),
		]),
		notes: [
			'By stream. An output takes what the further streams add.',
			'What the process takes once is with the first: above all up to 32 MiB for young objects, as V8 sees fit.',
		],
	};
}
