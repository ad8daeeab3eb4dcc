import { cpus } from 'node:os';
import type { FanOut } from './fan-out.ts';
import { type FirstFrame, LIVE_MS } from './first-frame.ts';
import type { HlsUse, Ingest } from './ingest.ts';
import type { LossyViewing } from './loss.ts';
import { FAN_OUT_ELSEWHERE, FIRST_FRAME_ELSEWHERE, INGEST_ELSEWHERE, LOSS_ELSEWHERE } from './measured-elsewhere.ts';
import { renderTable, type Table } from './table.ts';

const ELSEWHERE = '(measured elsewhere)';
const MIB = 1024 * 1024;

export function lossTable(viewings: readonly LossyViewing[]): Table {
	const own = viewings.map(({ player, loss, decoded, freezes, pictureLosses, negativeAcknowledgements, delay }) => [
		`Dualcast, ${player ? 'its player' : 'a plain page'}, ${(loss * 100).toFixed(0)} % lost each way`,
		`${Math.min(100, decoded * 100).toFixed(1)} %`,
		`${freezes}`,
		`${pictureLosses}`,
		`${negativeAcknowledgements}`,
		`${delay.toFixed(0)}`,
	]);
	return {
		title: 'Chromium for 15 s through a network that loses packets, 10 to 15 ms each way',
		columns: ['', 'frames decoded', 'freezes', 'PLI', 'NACK', 'jitter buffer ms'],
		rows: [
			...own,
			...LOSS_ELSEWHERE.map(({ name, decoded, freezes }) => [`${name} ${ELSEWHERE}`, decoded, freezes, '', '', '']),
		],
		notes: ['The player has the browser measure its round trip: lost packets are asked for again that soon.'],
	};
}

/** A server of WebRTC, and what it needed. */
export type Served = FanOut & { readonly name: string };

/** All viewers of WebRTC, of every server that was measured, beside what others need. @param baseline of the ratios */
export function fanOutTable(served: readonly Served[], baseline: string): Table {
	const plain = served.find(({ name }) => name === baseline);
	const ratios = served
		.filter((each) => plain && each !== plain && each.viewers === plain.viewers)
		.map(({ name, cpuMicrosPerPacket }) => {
			const ratio = cpuMicrosPerPacket / (plain?.cpuMicrosPerPacket ?? Number.NaN);
			return `${name} / ${baseline} at ${plain?.viewers} viewers: ${ratio.toFixed(2)}`;
		});
	const elsewhere = FAN_OUT_ELSEWHERE.flatMap(({ name, cpuMicrosPerPacket }) =>
		Object.entries(cpuMicrosPerPacket).map(([viewers, cpu]) => [`${name} ${ELSEWHERE}`, viewers, cpu, '', '', '', '']),
	);
	return {
		title: 'WebRTC: CPU of the whole process for one delivered packet',
		columns: ['', 'viewers', 'CPU µs/packet', 'core %', 'viewers a core', 'packets in all', 'lost'],
		rows: [
			...served.map(({ name, viewers, cpuMicrosPerPacket, cpuPercent, packets, lost }) => [
				name,
				`${viewers}`,
				cpuMicrosPerPacket.toFixed(1),
				cpuPercent.toFixed(0),
				((viewers / cpuPercent) * 100).toFixed(0),
				`${packets}`,
				`${lost}`,
			]),
			...elsewhere,
		],
		notes: [
			...ratios,
			'Viewers a core: as many of this stream would fill one if each more cost what these did on average.',
		],
	};
}

export function joinTable(served: readonly Served[]): Table {
	return {
		title: 'WebRTC: what one viewer costs',
		columns: ['', 'CPU ms a join', 'first packet after ms, median / max', 'memory'],
		rows: [
			...served.map((each) => [
				`${each.name}, ${each.viewers} viewers`,
				each.joinCpuMs.toFixed(1),
				`${each.joinMedianMs.toFixed(0)} / ${each.joinMaxMs.toFixed(0)}`,
				`${(each.bytesPerViewer / MIB).toFixed(2)} MiB`,
			]),
			...FAN_OUT_ELSEWHERE.map((each) => [`${each.name} ${ELSEWHERE}`, each.joinCpuMs, '', each.memoryPerViewer]),
		],
		notes: ['Four viewers join at a time; their own DTLS handshakes and ICE run on the same machine.'],
	};
}

export function firstFrameTable(running: readonly FirstFrame[], cold: readonly FirstFrame[]): Table {
	const own = (name: string, { joins, keySeconds, keyRequests, ...times }: FirstFrame) => [
		`Dualcast, ${name}, key frame every ${keySeconds} s, ${joins} joins`,
		...[times.first, times.live, times.age].map(({ p50, p95 }) => `${p50.toFixed(0)} / ${p95.toFixed(0)}`),
		`${keyRequests}`,
	];
	return {
		title: 'First picture in Chromium, milliseconds after the click (p50 / p95; the others median / max)',
		columns: ['', 'first picture', `live (at most ${LIVE_MS} ms old)`, 'camera to screen then', 'PLI'],
		rows: [
			...running.map((each) => own('running stream', each)),
			...cold.map((each) => own('cold on-demand', each)),
			...FIRST_FRAME_ELSEWHERE.map((each) => [
				`${each.name}, running stream ${ELSEWHERE}`,
				each.running,
				'',
				each.age,
				'6 a join',
			]),
			['MediaMTX 1.20.1, cold on-demand (measured elsewhere)', FIRST_FRAME_ELSEWHERE[0].cold, '', '', ''],
		],
		notes: ['A cold camera sends no key frame on request here: the wait for its next one, up to 2 s, is included.'],
	};
}

const HLS_USE: Readonly<Record<HlsUse, string>> = {
	off: '',
	running: ', HLS running, read by nobody',
	played: ', HLS with one player each',
};

export function ingestTable(results: readonly Ingest[]): Table {
	const own = (each: Ingest) => [
		`Dualcast, ${each.cameras} cameras over ${each.transport.toUpperCase()}${HLS_USE[each.hls]}`,
		`${each.percent.toFixed(3)} / ${each.bestPercent.toFixed(3)}`,
		each.bare ? (each.percent / each.bare.percent).toFixed(1) : '',
		`${(each.bytes / MIB).toFixed(1)} MiB`,
		`${(each.cacheBytes / MIB).toFixed(2)} MiB`,
		(each.bitrate / 1e6).toFixed(2),
		`${each.lost}`,
	];
	const plain = ({ cameras, bare }: Ingest) => {
		if (!bare) return [];
		const name = `a bare socket of Node reading the same bytes beside it, ${cameras} cameras`;
		return [[name, `${bare.percent.toFixed(3)} / ${bare.bestPercent.toFixed(3)}`, '1.0', '', '', '', '']];
	};
	const played = results.find((each) => each.hls === 'played');
	const running = results.find((each) => each.hls === 'running');
	return {
		title: 'One of many cameras pulled at once, nobody watching but where it says so',
		columns: ['', 'core % (median / best)', 'x bare', 'memory', 'of it cached', 'Mbit/s', 'lost in all'],
		rows: [
			...results.flatMap((each) => [own(each), ...plain(each)]),
			...INGEST_ELSEWHERE.map((each) => [`${each.name} ${ELSEWHERE}`, each.percent, '', each.memory, '', '', '']),
		],
		notes: [
			'These cameras send a key frame every 4 s.',
			...(played ? [`The players read ${played.segmentsRead} segments; ${played.failures} answers were not 200.`] : []),
			...(running
				? [
						`An output runs on because its playlist is asked for each 5 s; ${running.failures} answers were not 200.`,
						'It is measured from 100 s on, when segments leave memory and disk as fast as they come.',
					]
				: []),
		],
	};
}

/** The whole report as Markdown. `when` is an ISO date. */
export function renderReport(tables: readonly Table[], when: string, rate = '2 Mbit/s'): string {
	const [cpu] = cpus();
	const head = [
		'# Bench',
		'',
		`${when.slice(0, 10)}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, Node.js ${process.versions.node}.`,
		`Camera: 1280x720, 30 fps, ${rate}, a key frame every 2 s. Camera, gateway and viewers run in processes of their`,
		'own and talk over loopback. CPU is of the whole serving process. What is marked as measured elsewhere comes from',
		'another machine: it tells the order of magnitude.',
		'',
	];
	return [...head, ...tables.map(renderTable)].join('\n');
}
