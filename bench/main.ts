import { writeFile } from 'node:fs/promises';
import { addedLatencyTable, measureAddedLatency } from './added-latency.ts';
import type { BaselineReady } from './baseline.ts';
import type { CameraReady } from './camera.ts';
import { cameraClip } from './camera-clip.ts';
import { Child } from './child.ts';
import { measureClassroom } from './cluster.ts';
import { measureFaults } from './cluster-faults.ts';
import { type CrowdMinute, crowdMinuteTable, measureCrowdMinute, type Overloaded } from './crowd-minute.ts';
import { type Crowd, crowdOfViewersTable } from './crowd-table.ts';
import { measureFanOut } from './fan-out.ts';
import { type FirstFrame, measureFirstFrame } from './first-frame.ts';
import { benchConfig, useTransport, withGateway } from './gateway.ts';
import { measureCrowd } from './hls-crowd.ts';
import { latencyTable, measureHlsLatency } from './hls-latency.ts';
import { measureHlsMemory } from './hls-memory.ts';
import { measureMuxing } from './hls-mux.ts';
import { measureLowLatencyPlayers } from './hls-serving.ts';
import { crowdTable, memoryTable, muxingTable, servingTable } from './hls-tables.ts';
import { measureIngest } from './ingest.ts';
import { measureRushes, rushTable } from './joins.ts';
import { measureLoss } from './loss.ts';
import {
	fanOutTable,
	firstFrameTable,
	ingestTable,
	joinTable,
	lossTable,
	renderReport,
	type Served,
} from './report.ts';
import { classroomTable, faultTable } from './report-cluster.ts';
import type { Table } from './table.ts';
import { measureTokens } from './tokens.ts';
import { freeUdpPort } from './udp-relay.ts';

const VIEWERS = [
	{ transport: 'native', viewers: 60 },
	{ transport: 'native', viewers: 150 },
	{ transport: 'typescript', viewers: 20 },
	{ transport: 'typescript', viewers: 60 },
	{ transport: 'typescript', viewers: 150 },
];
const BASELINE_VIEWERS = 60;
const WERIFT = 'werift RTCRtpSender';
const BASELINES = [
	{ name: WERIFT, module: './werift-baseline.ts' },
	{ name: 'node-datachannel', module: './node-datachannel-baseline.ts' },
];
const CROWD = [
	{ transport: 'native', viewers: 150, together: true },
	{ transport: 'native', viewers: 450, together: true },
	{ transport: 'native', viewers: 450, together: false },
	{ transport: 'typescript', viewers: 60, together: true },
	{ transport: 'typescript', viewers: 150, together: true },
];
/** The second where the first are too many. */
const MINUTE_VIEWERS = [450, 300];
/** A bench that hangs is ended. */
const DEADLINE_MS = 15 * 60_000;
const STREAM = 'camera';
const FIRST_PICTURE_KEY_SECONDS = [1, 2, 4, 10];
const FIRST_PICTURE_JOINS = 20;
/** A long group of pictures is what costs memory. */
const INGEST_KEY_SECONDS = 4;
const CLASSROOM = { viewers: 450, seconds: 60, rate: '500k' };
const FAULT_VIEWERS = 60;

async function webrtc(camera: CameraReady, clip: string): Promise<Table[]> {
	const served: Served[] = [];
	for (const { transport, viewers } of VIEWERS) {
		if (chosenTransport !== undefined && transport !== chosenTransport) continue;
		progress(`Dualcast (${transport}) with ${viewers} viewers`);
		useTransport(transport);
		const config = benchConfig({ [STREAM]: camera.url });
		const result = await withGateway(config, ({ url, pid }) => measureFanOut(pid, `${url}/whep/${STREAM}`, viewers));
		served.push({ ...result, name: `Dualcast (${transport})` });
	}
	for (const { name, module } of BASELINES) {
		progress(`${name} with ${BASELINE_VIEWERS} viewers`);
		const baseline = await Child.start<BaselineReady>(module, [clip]);
		const { pid, ready } = baseline;
		const result = await measureFanOut(pid, ready.endpoint, BASELINE_VIEWERS).finally(() => baseline.stop());
		served.push({ ...result, name });
	}
	useTransport(chosenTransport ?? 'auto');
	return [fanOutTable(served, WERIFT), joinTable(served), ...(await firstPicture(camera))];
}

async function firstPicture(camera: CameraReady): Promise<Table[]> {
	progress('first picture in Chromium');
	const results = await joinedFirst(camera, 2, true);
	return [firstFrameTable(results.slice(0, 1), results.slice(1))];
}

/** The same with groups of pictures of other lengths as well. */
async function firstPictures(): Promise<Table[]> {
	const running: FirstFrame[] = [];
	const cold: FirstFrame[] = [];
	for (const keySeconds of FIRST_PICTURE_KEY_SECONDS) {
		progress(`first picture in Chromium, a key frame every ${keySeconds} s`);
		const camera = await Child.start<CameraReady>('./camera.ts', [await cameraClip(keySeconds)]);
		const results = await joinedFirst(camera.ready, keySeconds, keySeconds === 2).finally(() => camera.stop());
		running.push(...results.slice(0, 1));
		cold.push(...results.slice(1));
	}
	return [firstFrameTable(running, cold)];
}

function joinedFirst(camera: CameraReady, keySeconds: number, cold: boolean): Promise<FirstFrame[]> {
	const config = benchConfig({ [STREAM]: camera.url });
	const options = { joins: FIRST_PICTURE_JOINS, keySeconds, cold };
	return withGateway(config, ({ url }) => measureFirstFrame(url, STREAM, camera, options));
}

async function loss(camera: CameraReady): Promise<Table[]> {
	progress('Chromium through relays that lose packets');
	const udpPort = await freeUdpPort();
	const config = benchConfig({ [STREAM]: camera.url }).replace('udp_port: 0', `udp_port: ${udpPort}`);
	return [lossTable(await withGateway(config, ({ url }) => measureLoss(url, STREAM, udpPort)))];
}

async function ingest(camera: CameraReady, load: string | undefined): Promise<Table[]> {
	return [ingestTable(await measureIngest(camera, load))];
}

/** Hundreds of viewers, which only count. */
async function crowd({ url: camera }: CameraReady): Promise<Table[]> {
	const results: Crowd[] = [];
	for (const { transport, viewers, together } of CROWD) {
		if (chosenTransport !== undefined && transport !== chosenTransport) continue;
		progress(`${viewers} light viewers who take packets ${together ? 'together' : 'one by one'} (${transport})`);
		useTransport(transport);
		const config = benchConfig({ [STREAM]: camera });
		const kind = together ? 'light' : 'light, separate';
		const measured = await withGateway(config, ({ url, pid }) =>
			measureFanOut(pid, `${url}/whep/${STREAM}`, viewers, kind),
		);
		results.push({ ...measured, transport, together });
	}
	return [crowdOfViewersTable(results), await crowdMinute(camera)];
}

async function crowdMinute(camera: string): Promise<Table> {
	const minutes: (CrowdMinute | Overloaded)[] = [];
	for (const transport of ['native', 'typescript']) {
		if (chosenTransport !== undefined && transport !== chosenTransport) continue;
		useTransport(transport);
		for (const viewers of MINUTE_VIEWERS) {
			progress(`${viewers} viewers for a minute, one of them Chromium (${transport})`);
			const config = benchConfig({ [STREAM]: camera });
			const minute = await withGateway(config, ({ url, pid }) =>
				measureCrowdMinute(pid, url, STREAM, transport, viewers),
			);
			minutes.push(minute);
			if (!('joined' in minute)) break;
		}
	}
	return crowdMinuteTable(minutes);
}

async function latency(): Promise<Table[]> {
	return [addedLatencyTable(await measureAddedLatency(progress))];
}

async function joins({ url }: CameraReady): Promise<Table[]> {
	progress('a whole class that joins at once');
	return [rushTable(await measureRushes(url))];
}

async function tokens(camera: CameraReady): Promise<Table[]> {
	progress('token checks');
	return measureTokens(camera.url);
}

async function hlsPlayers(camera: CameraReady): Promise<Table[]> {
	progress('low-latency HLS players');
	return [servingTable(await measureLowLatencyPlayers(camera))];
}

async function hlsLatency(): Promise<Table[]> {
	return [latencyTable(await measureHlsLatency(progress))];
}

async function hlsMux(): Promise<Table[]> {
	progress('packing streams into HLS');
	return [muxingTable(await measureMuxing(await cameraClip()))];
}

async function hlsMemory(camera: CameraReady): Promise<Table[]> {
	progress('memory of HLS outputs');
	return [memoryTable(await measureHlsMemory(camera))];
}

async function hlsCrowd(camera: CameraReady): Promise<Table[]> {
	progress('a crowd of HLS players');
	return [crowdTable(await measureCrowd(camera))];
}

async function cluster({ url }: CameraReady, load: string | undefined): Promise<Table[]> {
	const tables: Table[] = [];
	if (load !== 'faults') {
		progress(`a classroom of ${CLASSROOM.viewers}`);
		tables.push(classroomTable(await measureClassroom(url, CLASSROOM.viewers, CLASSROOM.seconds)));
	}
	if (load !== 'classroom') tables.push(faultTable(await measureFaults(url, FAULT_VIEWERS, progress)));
	return tables;
}

function progress(what: string): void {
	console.error(`bench: ${what} …`);
}

const words = process.argv.slice(2);
const transportAt = words.indexOf('--transport');
const chosenTransport = transportAt < 0 ? undefined : words.splice(transportAt, 2)[1];
if (chosenTransport !== undefined) useTransport(chosenTransport);
const LOADS: Readonly<Record<string, RegExp>> = { ingest: /^\d/, cluster: /^(?:classroom|faults)$/ };
const load = LOADS[words[0] ?? '']?.test(words[1] ?? '') ? words.splice(1, 1)[0] : undefined;
/** Beside the one that is measured when none is named. */
const PARTS: Readonly<Record<string, (camera: CameraReady) => Promise<Table[]>>> = {
	ingest: (camera) => ingest(camera, load),
	'first-picture': firstPictures,
	loss,
	crowd,
	latency,
	joins,
	tokens,
	'hls-players': hlsPlayers,
	'hls-crowd': hlsCrowd,
	'hls-latency': hlsLatency,
	'hls-memory': hlsMemory,
	'hls-mux': hlsMux,
	cluster: (camera) => cluster(camera, load),
};
const unknown = words.find((word) => word !== '--write' && !Object.hasOwn(PARTS, word));
if (unknown !== undefined) {
	const known = Object.keys(PARTS).join('|').replace('ingest', 'ingest [LOAD]');
	console.error(
		`bench: unknown argument ${unknown}; use: npm run bench -- [${known}] [--transport native|typescript] [--write]`,
	);
	process.exit(2);
}
setTimeout(() => {
	console.error('bench: did not finish in time');
	process.exit(1);
}, DEADLINE_MS).unref();

const part = words.find((word) => word !== '--write');
const clip = await cameraClip(
	part === 'ingest' ? INGEST_KEY_SECONDS : undefined,
	part === 'cluster' ? CLASSROOM.rate : undefined,
);
const camera = await Child.start<CameraReady>('./camera.ts', [clip]);
try {
	const measure = part === undefined ? undefined : PARTS[part];
	const tables = await (measure ? measure(camera.ready) : webrtc(camera.ready, clip));
	const report = renderReport(tables, new Date().toISOString(), part === 'cluster' ? '500 kbit/s' : undefined);
	console.log(report);
	const file = new URL(part === undefined ? './report.md' : `./report-${part}.md`, import.meta.url);
	if (words.includes('--write')) await writeFile(file, report);
} finally {
	await camera.stop();
}
