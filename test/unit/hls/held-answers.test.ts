import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerError } from '../../../src/api/problem.ts';
import { SourceError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createHlsServer, type HlsServer } from '../../../src/hls/server.ts';
import { MAX_HELD } from '../../../src/hls/serving/held-requests.ts';
import { pictures } from '../../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../../fakes/fake-directory.ts';
import { HttpClient } from '../../fakes/http-client.ts';
import { type ReadLowLatency, readLowLatency } from '../../fakes/low-latency-rules.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const RATE = 25;

let clock: VirtualClock;
let directory: FakeDirectory;
let camera: FakeStream;
let hls: HlsServer;

function start(partDuration = 0.2, segmentDuration = 1): void {
	hls = createHlsServer({
		...{ directory, clock, partDuration, segmentDuration, answerError },
		...{ logger: silentLogger, segmentCount: 3, cleanupThreshold: 0, outputDir: '/dev/null' },
		...{ enableCompression: false, startTimeout: 5000, idleTimeout: 10_000 },
	});
}

beforeEach(() => {
	clock = new VirtualClock();
	directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK]);
	start();
});
afterEach(() => hls.close());

async function ask(file: string): Promise<HttpClient> {
	const client = new HttpClient(`/hls/cam/${file}`);
	hls.handle(client.request, client);
	await settle();
	return client;
}

function deliver(from: number, to: number, gop = RATE): void {
	for (const unit of pictures(from, to, { rate: RATE, gop })) camera.deliver(unit);
}

async function playlist() {
	return readLowLatency((await ask('ll.m3u8')).body);
}

/** What can be held, and what makes its answer come. Parts and reloads wait for what follows 1.32 s of pictures. */
const HELD: readonly [string, () => Promise<string>, () => void][] = [
	['a first playlist', async () => 'index.m3u8', () => deliver(0, 1.04)],
	['a first multivariant playlist', async () => 'master.m3u8', () => deliver(0, 1.04)],
	['a first playlist with parts', async () => 'll.m3u8', () => deliver(0, 1.04)],
	['a first multivariant playlist of one with parts', async () => 'll-master.m3u8', () => deliver(0, 2.04)],
	['a blocking reload', async () => reload(await play(), 1), () => deliver(1.32, 2.04, 17)],
	['a part that was hinted at', async () => (await play()).hint, () => deliver(1.32, 1.8)],
];

async function play() {
	await ask('ll.m3u8');
	deliver(0, 1.32);
	return playlist();
}

/** The address of the playlist with a part of the segment in work, so many beyond the last one. */
function reload({ segments }: ReadLowLatency, beyond: number): string {
	const open = segments.at(-1);
	return `ll.m3u8?_HLS_msn=${open?.sequence}&_HLS_part=${(open?.parts.length ?? 0) - 1 + beyond}`;
}

describe.each(HELD)('%s', (_, fileOf, deliverIt) => {
	it('is answered once it is there; whoever left meanwhile gets nothing', async () => {
		const file = await fileOf();
		const [stays, leaves] = [await ask(file), await ask(file)];
		expect([stays.status, leaves.status]).toEqual([0, 0]);
		leaves.leave();
		deliverIt();
		await settle();
		expect([stays.status, leaves.status]).toEqual([200, 0]);
	});

	it('is held for a limited number, of whom those count no more who left', async () => {
		const file = await fileOf();
		const clients: HttpClient[] = [];
		for (let count = 0; count < MAX_HELD; count++) clients.push(await ask(file));
		expect(clients.every(({ status }) => status === 0)).toBe(true);
		const refused = await ask(file);
		expect(refused.told).toEqual([503, 'too_many_sessions']);
		expect(refused.headers.get('retry-after')).toBeDefined();
		for (const client of clients) client.leave();
		const others: HttpClient[] = [];
		for (let count = 0; count < MAX_HELD; count++) others.push(await ask(file));
		expect(others.every(({ status }) => status === 0)).toBe(true);
	});

	it('is told when the stream ends, and nothing is left of it', async () => {
		const file = await fileOf();
		const client = await ask(file);
		camera.failure = new SourceError('camera_refused', 'the camera hung up');
		camera.end();
		await settle();
		const isPart = file.endsWith('.m4s');
		expect(client.told).toEqual(isPart ? [503, 'stream_closed'] : [502, 'camera_refused']);
		expect([hls.list(), camera.leases, camera.readers.size]).toEqual([[], 0, 0]);
	});

	it('is told when the stream is removed, and nothing is left of it', async () => {
		const file = await fileOf();
		const client = await ask(file);
		directory.remove('cam');
		camera.end();
		await settle();
		expect(client.told).toEqual(file.endsWith('.m4s') ? [503, 'stream_closed'] : [404, 'stream_not_found']);
		expect([hls.list(), camera.leases]).toEqual([[], 0]);
		expect((await ask(file)).told).toEqual([404, 'stream_not_found']);
	});

	it('is told when the gateway ends', async () => {
		const client = await ask(await fileOf());
		await hls.close();
		expect(client.told).toEqual([503, 'stream_closed']);
	});

	it('keeps the output running, but not once its client has gone', async () => {
		const client = await ask(await fileOf());
		client.leave();
		await clock.advance(11_000);
		expect([hls.list(), camera.leases]).toEqual([[], 0]);
	});
});

describe('a blocking reload', () => {
	it.each([
		['parts of 0.2 s', 0.2, 1, 15],
		['parts of two seconds', 2, 4, 3],
	])('is held for so many parts beyond the last one, and refused beyond: %s', async (_, part, segment, ahead) => {
		await hls.close();
		start(part, segment);
		await ask('ll.m3u8');
		deliver(0, 1.6 * segment, RATE * segment);
		const now = await playlist();
		expect(now.segments.at(-1)?.uri).toBeUndefined();
		const msn = (now.segments.at(-1)?.sequence ?? 0) + 1;
		expect((await ask(reload(now, 0))).status).toBe(200);
		expect((await ask(reload(now, 1))).status).toBe(0);
		expect((await ask(reload(now, ahead))).status).toBe(0);
		expect((await ask(reload(now, ahead + 1))).told).toEqual([400, 'request_invalid']);
		expect((await ask(`ll.m3u8?_HLS_msn=${msn}&_HLS_part=${ahead - 1}`)).status).toBe(0);
		expect((await ask(`ll.m3u8?_HLS_msn=${msn}&_HLS_part=${ahead}`)).told).toEqual([400, 'request_invalid']);
	});

	it('is held for two segments beyond the last whole one, and refused beyond', async () => {
		const { segments } = await play();
		const last = segments.findLast(({ uri }) => uri)?.sequence ?? 0;
		expect((await ask(`ll.m3u8?_HLS_msn=${last + 2}`)).status).toBe(0);
		expect((await ask(`ll.m3u8?_HLS_msn=${last + 3}`)).told).toEqual([400, 'request_invalid']);
		expect((await ask(`ll.m3u8?_HLS_msn=${last}`)).status).toBe(200);
	});
});

it.each([
	['a blocking reload', (now: ReadLowLatency) => reload(now, 1)],
	['a part that was hinted at', ({ hint }: ReadLowLatency) => hint],
])('%s is held for three target durations, each client by its own time', async (_, fileOf) => {
	const file = fileOf(await play());
	const first = await ask(file);
	await clock.advance(1500);
	const second = await ask(file);
	await clock.advance(2600);
	expect([first.told, second.status]).toEqual([[503, 'hls_late'], 0]);
	await clock.advance(1500);
	expect(second.told).toEqual([503, 'hls_late']);
});

it('a multivariant playlist is held for three target durations without news of the camera', async () => {
	await play();
	await clock.advance(2500);
	const client = await ask('ll-master.m3u8');
	await clock.advance(400);
	expect(client.status).toBe(0);
	await clock.advance(1200);
	expect(client.told).toEqual([503, 'hls_late']);
});
