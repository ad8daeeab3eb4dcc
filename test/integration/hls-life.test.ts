import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SourceError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createHlsServer } from '../../src/hls/server.ts';
import { StreamRegistry } from '../../src/stream/registry.ts';
import { pictures } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { type Answer, HlsHost } from '../fakes/hls-host.ts';
import { readLowLatency } from '../fakes/low-latency-rules.ts';
import { ScriptedSource, VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../fakes/virtual-clock.ts';

const IDLE_MS = 15_000;

let clock: VirtualClock;
let directory: FakeDirectory;
let camera: FakeStream;

beforeEach(() => {
	clock = new VirtualClock();
	directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK]);
});

function deliver(from: number, to: number): void {
	for (const unit of pictures(from, to, { rate: 25, gop: 25 })) camera.deliver(unit);
}

describe.each(['index.m3u8', 'll.m3u8'])('the output of %s', (playlist) => {
	let host: HlsHost;
	beforeEach(async () => {
		host = await HlsHost.start(directory, clock, { idleTimeout: IDLE_MS });
	});
	afterEach(() => host.close());

	async function play(): Promise<void> {
		const first = host.ask(`/cam/${playlist}`);
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliver(0, 3.04);
		expect((await first).status).toBe(200);
	}

	it('does not run before it is asked for, and rests to the millisecond after the last request', async () => {
		await clock.advance(60_000);
		expect(camera.claims).toBe(0);
		await play();
		await clock.advance(12_345);
		expect((await host.ask(`/cam/${playlist}`)).status).toBe(200);
		await clock.advance(IDLE_MS - 1);
		expect(camera.leases).toBe(1);
		await clock.advance(1);
		expect([camera.leases, camera.readers.size]).toEqual([0, 0]);
	});

	it('runs on for a file that is fetched, not for one that is not there', async () => {
		await play();
		const text = (await host.ask(`/cam/${playlist}`)).body.toString();
		const uri = text.split('\n').find((line) => /^(seg|ll)-/.test(line));
		await clock.advance(10_000);
		expect((await host.ask(`/cam/${uri}`)).status).toBe(200);
		await clock.advance(10_000);
		expect((await host.ask('/cam/seg-none-1.ts')).status).toBe(404);
		expect(camera.leases).toBe(1);
		await clock.advance(5_000);
		expect(camera.leases).toBe(0);
	});

	it('leaves its files for their time when the stream ends under its players', async () => {
		await play();
		const text = (await host.ask(`/cam/${playlist}`)).body.toString();
		const uri = text.split('\n').find((line) => /^(seg|ll)-/.test(line));
		camera.end();
		const status = async () => (await host.ask(`/cam/${uri}`)).status;
		// A segment of a second, and a playlist of three.
		await clock.advance(3900);
		expect(await status()).toBe(200);
		// The next run leaves them alone.
		const next = host.ask(`/cam/${playlist}`);
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		expect(await status()).toBe(200);
		deliver(3.04, 6.08);
		expect((await next).status).toBe(200);
		await clock.advance(200);
		expect(await status()).toBe(404);
	});

	it('leaves them when the next run fails before it has any of its own', async () => {
		await play();
		const text = (await host.ask(`/cam/${playlist}`)).body.toString();
		const uri = text.split('\n').find((line) => /^(seg|ll)-/.test(line));
		camera.failure = new SourceError('camera_unauthorized', 'the camera refused the password', { permanent: true });
		camera.end();
		expect((await host.ask(`/cam/${playlist}`)).status).toBe(502);
		expect((await host.ask(`/cam/${uri}`)).status).toBe(200);
		await clock.advance(4100);
		expect((await host.ask(`/cam/${uri}`)).status).toBe(404);
	});

	it('says after a minute that the camera is silent, rather than repeat itself', async () => {
		await play();
		const statuses: number[] = [];
		for (let second = 0; second < 70; second += 10) {
			statuses.push((await host.ask(`/cam/${playlist}`)).status);
			await clock.advance(10_000);
		}
		expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200]);
		const { status, headers, body } = await host.ask(`/cam/${playlist}`);
		expect([status, JSON.parse(body.toString()).code]).toEqual([504, 'camera_stalled']);
		expect(headers['cache-control']).toBe('no-store');
		deliver(75, 76.04);
		expect((await host.ask(`/cam/${playlist}`)).status).toBe(200);
	});
});

describe.each(['index.m3u8', 'll.m3u8'])('whoever asks for %s of a camera that is always on', (playlist) => {
	const source = new ScriptedSource();
	const registry = new StreamRegistry();
	let host: HlsHost;
	beforeEach(async () => {
		registry.add({
			...{ id: 'cam', source, onDemand: false, startTimeout: 10_000, closeAfter: 1000, stallTimeout: 5000 },
			...{ backoff: { first: 500, cap: 5000 }, retryPause: { transient: 1000, permanent: 30_000 } },
			...{ clock, logger: silentLogger, random: () => 0.5 },
		});
		await settle();
		source.last.announce();
		host = await HlsHost.start(registry, clock);
	});
	afterEach(async () => {
		source.onRun = undefined;
		await Promise.all([host.close(), registry.close()]);
		await registry.remove('cam');
	});

	async function asked(): Promise<{ readonly answer: Promise<Answer> }> {
		const answer = host.ask(`/cam/${playlist}`);
		await vi.waitFor(() => expect(host.hls.get('cam')).toBeDefined());
		return { answer };
	}

	const problem = ({ body }: Answer) => JSON.parse(body.toString()).code;

	it('is told why it is away at its next failure', async () => {
		source.last.picture(0, true, clock.now());
		source.last.fail('camera_unreachable');
		await settle();
		const { answer } = await asked();
		source.onRun = (run) => run.fail('camera_refused');
		await clock.advance(1000);
		expect(problem(await answer)).toBe('camera_refused');
	});

	it('is told that nothing comes, not to change its key frames', async () => {
		source.onRun = (run) => run.announce();
		const { answer } = await asked();
		await clock.advance(20_000);
		expect(problem(await answer)).toBe('camera_stalled');
	});

	it('is served when it is back', async () => {
		source.last.fail('camera_refused');
		await settle();
		const { answer } = await asked();
		source.onRun = (run) => run.announce();
		await clock.advance(1000);
		for (let frame = 0; frame < 3 * 25; frame++) source.last.picture(frame * 3600, frame % 25 === 0, clock.now());
		expect((await answer).status).toBe(200);
	});
});

it('held requests of a silent camera are let go after three target durations, the hinted part too', async () => {
	const host = await HlsHost.start(directory, clock);
	const first = host.ask('/cam/ll.m3u8');
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliver(0, 1.3);
	await first;
	const { hint } = readLowLatency((await host.ask('/cam/ll.m3u8')).body.toString());
	const before = host.hls.get('cam')?.last_request_at;
	await clock.advance(1);
	const part = host.ask(`/cam/${hint}`);
	await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(before));
	await clock.advance(4000);
	const { status, body } = await part;
	expect([status, JSON.parse(body.toString()).code]).toEqual([503, 'hls_late']);
	await host.close();
});

/** As much of a request and its response as the handler looks at. */
function exchange(url: string): { request: IncomingMessage; response: ServerResponse & { readonly status: number } } {
	const request = { method: 'GET', url, headers: {}, socket: { remoteAddress: '127.0.0.1' } };
	const response = Object.assign(new EventEmitter(), {
		status: 0,
		writeHead(status: number) {
			response.status = status;
			return response;
		},
		end: () => response.emit('close'),
	});
	return {
		request: request as unknown as IncomingMessage,
		response: response as unknown as ServerResponse & { readonly status: number },
	};
}

it('ten thousand starts and stops of outputs leave nothing behind', async () => {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const hls = createHlsServer({
		...{ directory, clock, logger: silentLogger, outputDir: '/dev/null/no-folder', enableCompression: false },
		...{ segmentDuration: 1, segmentCount: 3, partDuration: 0.2, cleanupThreshold: 20, startTimeout: 5000 },
		idleTimeout: 5000,
		answerError: (_, response) => void response.end(),
	});
	const statuses = new Map<number, number>();
	async function round(number: number): Promise<void> {
		const low = exchange('/hls/cam/ll.m3u8');
		const classic = exchange('/hls/cam/index.m3u8');
		hls.handle(low.request, low.response);
		hls.handle(classic.request, classic.response);
		await settle();
		deliver(number * 1.04, number * 1.04 + 1.04);
		// Its player leaves before there are two segments.
		classic.response.emit('close');
		statuses.set(low.response.status, (statuses.get(low.response.status) ?? 0) + 1);
		await clock.advance(5_000);
		if (camera.leases !== 0) throw new Error(`round ${number}: still running`);
		// For the disk to fail.
		await new Promise((resolve) => setImmediate(resolve));
	}
	function heap(): number {
		collect();
		return process.memoryUsage().heapUsed;
	}
	for (let number = 0; number < 1000; number++) await round(number);
	const early = heap();
	for (let number = 1000; number < 5000; number++) await round(number);
	expect(statuses).toEqual(new Map([[200, 5000]]));
	expect([camera.claims, camera.leases, camera.readers.size, hls.list().length]).toEqual([10_000, 0, 0, 0]);
	// One object of 250 bytes left by each start would be twice as much.
	await vi.waitFor(() => expect(heap() - early).toBeLessThan(1024 * 1024), { timeout: 10_000 });
	await hls.close();
}, 120_000);
