import { writeFile } from 'node:fs/promises';
import type { CameraReady } from './camera.ts';
import { cameraClip } from './camera-clip.ts';
import { Child } from './child.ts';
import { type FanOut, measureFanOut } from './fan-out.ts';
import { measureFirstFrame } from './first-frame.ts';
import { benchConfig, withGateway } from './gateway.ts';
import { measureIngest } from './ingest.ts';
import { measureLoss } from './loss.ts';
import { fanOutTable, firstFrameTable, ingestTable, joinTable, lossTable, renderReport } from './report.ts';
import type { Table } from './table.ts';
import { freeUdpPort } from './udp-relay.ts';
import type { BaselineReady } from './werift-baseline.ts';

const VIEWERS = [20, 60, 150];
const BASELINE_VIEWERS = 60;
/** A bench that hangs is ended. */
const DEADLINE_MS = 10 * 60_000;
const STREAM = 'camera';
/** A long group of pictures is what costs memory. */
const INGEST_KEY_SECONDS = 4;

async function webrtc(camera: CameraReady, clip: string): Promise<Table[]> {
	const gateway: FanOut[] = [];
	for (const viewers of VIEWERS) {
		progress(`Dualcast with ${viewers} viewers`);
		const config = benchConfig({ [STREAM]: camera.url });
		gateway.push(await withGateway(config, ({ url, pid }) => measureFanOut(pid, `${url}/whep/${STREAM}`, viewers)));
	}
	progress(`werift with ${BASELINE_VIEWERS} viewers`);
	const baseline = await Child.start<BaselineReady>('./werift-baseline.ts', [clip]);
	const werift = await measureFanOut(baseline.pid, baseline.ready.endpoint, BASELINE_VIEWERS).finally(() =>
		baseline.stop(),
	);
	return [fanOutTable(gateway, werift), joinTable(gateway, werift), ...(await firstPicture(camera))];
}

async function firstPicture(camera: CameraReady): Promise<Table[]> {
	progress('first picture in Chromium');
	const config = benchConfig({ [STREAM]: camera.url });
	const { running, cold } = await withGateway(config, ({ url }) => measureFirstFrame(url, STREAM, camera));
	return [firstFrameTable(running, cold)];
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

function progress(what: string): void {
	console.error(`bench: ${what} …`);
}

const words = process.argv.slice(2);
const load = words[0] === 'ingest' && /^\d/.test(words[1] ?? '') ? words.splice(1, 1)[0] : undefined;
const unknown = words.find((word) => !['ingest', 'first-picture', 'loss', '--write'].includes(word));
if (unknown !== undefined) {
	console.error(
		`bench: unknown argument ${unknown}; use: npm run bench -- [ingest [LOAD]|first-picture|loss] [--write]`,
	);
	process.exit(2);
}
setTimeout(() => {
	console.error('bench: did not finish in time');
	process.exit(1);
}, DEADLINE_MS).unref();

const part = words.find((word) => word !== '--write');
const clip = await cameraClip(part === 'ingest' ? INGEST_KEY_SECONDS : undefined);
const camera = await Child.start<CameraReady>('./camera.ts', [clip]);
try {
	const tables =
		part === 'ingest'
			? await ingest(camera.ready, load)
			: part === 'first-picture'
				? await firstPicture(camera.ready)
				: part === 'loss'
					? await loss(camera.ready)
					: await webrtc(camera.ready, clip);
	const report = renderReport(tables, new Date().toISOString());
	console.log(report);
	const file = new URL(part === undefined ? './report.md' : `./report-${part}.md`, import.meta.url);
	if (words.includes('--write')) await writeFile(file, report);
} finally {
	await camera.stop();
}
