import { describe, expect, it } from 'vitest';
import type { SourceError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Track } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import type { Lease, StreamReader } from '../../../src/stream/reader.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { ScriptedSource, VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const START_TIMEOUT = 5_000;
const CLOSE_AFTER = 30_000;
const AT_ONCE = { enough: () => true };
const LOOSE_TRACK: Track = { kind: 'video', codec: 'h264', id: 0, clockRate: 90_000 };

class Reader implements StreamReader {
	readonly name = 'reader';
	readonly units: AccessUnit[] = [];
	readonly tracks: (readonly Track[])[] = [];
	readonly ends: (SourceError | undefined)[] = [];
	lease: Lease | undefined;
	onTracks(tracks: readonly Track[]): void {
		this.tracks.push(tracks);
	}
	onUnit(unit: AccessUnit): void {
		this.units.push(unit);
	}
	onEnd(cause?: SourceError): void {
		this.ends.push(cause);
		this.lease?.release();
	}
}

/** A camera that somebody has watched, and nobody does any more. */
class Scene {
	readonly clock = new VirtualClock();
	readonly source = new ScriptedSource();
	readonly stream = new Stream({
		...{ id: 'cam', source: this.source, onDemand: true, startTimeout: START_TIMEOUT, closeAfter: CLOSE_AFTER },
		...{ stallTimeout: 1e9, backoff: { first: 500, cap: 5_000 }, retryPause: { transient: 1_000, permanent: 30_000 } },
		...{ clock: this.clock, logger: silentLogger, random: () => 0.5 },
	});

	static async watchedBefore(tracks: readonly Track[] = [VIDEO_TRACK]): Promise<Scene> {
		const scene = new Scene();
		const claim = scene.stream.claim();
		await settle();
		scene.source.last.announce(tracks);
		scene.source.last.picture(0, true, scene.clock.now());
		(await claim).release();
		await scene.clock.advance(CLOSE_AFTER);
		await settle();
		expect(scene.stream.state.name).toBe('idle');
		return scene;
	}

	/** Somebody who goes on with the tracks of the last run. */
	async join(): Promise<Reader> {
		const reader = new Reader();
		reader.lease = await this.stream.claim(undefined, AT_ONCE);
		this.stream.attach(reader, { replay: true });
		return reader;
	}

	/** Whether a claim that may go on with known tracks waits all the same. */
	async waits(): Promise<boolean> {
		let waits = true;
		const abort = new AbortController();
		const claim = this.stream.claim(abort.signal, AT_ONCE).then(
			(lease) => {
				waits = false;
				lease.release();
			},
			() => {},
		);
		await settle();
		const waited = waits;
		abort.abort(new Error('enough'));
		await claim;
		await settle();
		return waited;
	}
}

describe('a claim that goes on with the tracks of the last run', () => {
	it('comes at once and starts the camera, whose pictures follow', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const reader = await scene.join();
		expect(stream.ready).toBe(false);
		expect(reader.tracks.map(([track]) => track?.codec)).toEqual(['h264']);
		expect([source.runs.length, reader.units.length]).toEqual([2, 0]);
		source.last.announce();
		expect(stream.ready).toBe(true);
		source.last.picture(0, true, clock.now());
		await clock.advance(START_TIMEOUT);
		expect(reader.units).toHaveLength(1);
		expect(reader.ends).toEqual([]);
	});

	it('waits for a camera that nobody has seen, or whose tracks do not do', async () => {
		expect(await new Scene().waits()).toBe(true);
		expect(await (await Scene.watchedBefore()).waits()).toBe(false);
		const scene = await Scene.watchedBefore();
		const asked: unknown[] = [];
		const enough = (tracks: readonly Track[]) => {
			asked.push(tracks[0]?.codec);
			return false;
		};
		const claim = scene.stream.claim(undefined, { enough });
		await settle();
		expect(asked).toEqual(['h264']);
		scene.source.last.announce();
		(await claim).release();
	});

	it('waits where nothing is known of the picture', async () => {
		const scene = new Scene();
		const abort = new AbortController();
		const claim = scene.stream.claim(abort.signal).catch(() => {});
		await settle();
		scene.source.last.announce([LOOSE_TRACK]);
		abort.abort(new Error('left'));
		await claim;
		await settle();
		expect(scene.stream.state.name).toBe('idle');
		expect(await scene.waits()).toBe(true);
	});

	it('does not hurry the others', async () => {
		const { source, stream } = await Scene.watchedBefore();
		let waits = true;
		const claim = stream.claim().finally(() => {
			waits = false;
		});
		await settle();
		expect(waits).toBe(true);
		source.last.announce();
		(await claim).release();
	});

	it('comes at once while the camera starts or is being closed, and gets nothing of the run before', async () => {
		const scene = await Scene.watchedBefore();
		const first = await scene.join();
		await scene.join();
		expect(scene.source.runs).toHaveLength(2);
		scene.source.last.announce();
		scene.source.last.picture(0, true, scene.clock.now());
		expect(first.units).toHaveLength(1);
	});

	it('gets nothing of a run that is being closed, and leaves no limit behind', async () => {
		const clock = new VirtualClock();
		const source = new ScriptedSource();
		let goodbye = () => {};
		const stream = new Stream({
			id: 'cam',
			// A camera that takes its time to say goodbye, and sends meanwhile.
			source: {
				label: 'slow',
				run: async (sink, signal) => {
					await source.run(sink, signal);
					await new Promise<void>((resolve) => {
						goodbye = resolve;
					});
				},
			},
			...{ onDemand: true, startTimeout: START_TIMEOUT, closeAfter: CLOSE_AFTER, stallTimeout: 1e9 },
			...{ backoff: { first: 500, cap: 5_000 }, retryPause: { transient: 1_000, permanent: 30_000 } },
			...{ clock, logger: silentLogger, random: () => 0.5 },
		});
		const claim = stream.claim();
		await settle();
		const { last } = source;
		last.announce();
		last.picture(0, true, 0);
		(await claim).release();
		await clock.advance(CLOSE_AFTER);
		expect(stream.state.name).toBe('closing');
		(await stream.claim(undefined, AT_ONCE)).release();
		await clock.advance(START_TIMEOUT);
		expect(stream.lastError).toBeUndefined();
		const reader = new Reader();
		reader.lease = await stream.claim(undefined, AT_ONCE);
		stream.attach(reader, { replay: true });
		last.picture(3_600, true, clock.now());
		// An answer that was on its way, or other parameter sets.
		last.announce();
		last.picture(7_200, true, clock.now());
		expect([reader.units.length, stream.ready, stream.state.name]).toEqual([0, false, 'closing']);
		let waits = true;
		const waiter = stream.claim().then(({ release }) => {
			waits = false;
			release();
		});
		goodbye();
		await settle();
		expect(source.runs).toHaveLength(2);
		expect(waits).toBe(true);
		source.last.announce();
		await waiter;
		source.last.picture(0, true, clock.now());
		expect(reader.units).toHaveLength(1);
		expect(reader.ends).toEqual([]);
	});

	it('ends with the cause when the camera fails, which the next one is told at once', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const reader = await scene.join();
		source.last.fail('camera_refused');
		await settle();
		expect(reader.ends.map((cause) => cause?.code)).toEqual(['camera_refused']);
		expect(stream.state.name).toBe('idle');
		await expect(stream.claim(undefined, AT_ONCE)).rejects.toMatchObject({ code: 'camera_refused' });
		expect(source.runs).toHaveLength(2);
		// From now on nothing is taken for known before the camera has answered.
		await clock.advance(1_000);
		expect(await scene.waits()).toBe(true);
	});

	it('waits again after an error of the run before, and no more after a good one', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const reader = await scene.join();
		source.last.announce();
		source.last.fail('camera_closed');
		await settle();
		expect(stream.state.name).toBe('recovering');
		reader.lease?.release();
		await clock.advance(CLOSE_AFTER);
		expect(stream.state.name).toBe('idle');
		const claim = stream.claim(undefined, AT_ONCE);
		await settle();
		expect(stream.state.name).toBe('starting');
		source.last.announce();
		(await claim).release();
		await clock.advance(CLOSE_AFTER);
		expect(await scene.waits()).toBe(false);
	});

	it('waits for a camera that is away, which ends with the camera or the cause', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const watching = await scene.join();
		source.last.announce();
		source.last.fail('camera_closed');
		await settle();
		expect(stream.state.name).toBe('recovering');
		const told = stream.claim(undefined, AT_ONCE);
		await clock.advance(500);
		source.last.fail('camera_refused');
		await expect(told).rejects.toMatchObject({ code: 'camera_refused' });
		const served = stream.claim(undefined, AT_ONCE);
		await clock.advance(1_000);
		source.last.announce();
		await expect(served).resolves.toMatchObject({ stream });
		// Those who know how to wait for pictures do not wait for an answer.
		expect(watching.ends).toEqual([]);
	});

	it('ends with camera_timeout when the camera is not ready in time, and the camera is let go', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const first = await scene.join();
		await clock.advance(1_000);
		const second = await scene.join();
		await clock.advance(START_TIMEOUT - 1_001);
		expect(first.ends).toEqual([]);
		await clock.advance(1);
		expect([...first.ends, ...second.ends].map((cause) => cause?.code)).toEqual(['camera_timeout', 'camera_timeout']);
		expect(stream.lastError?.error.code).toBe('camera_timeout');
		await expect(stream.claim(undefined, AT_ONCE)).rejects.toMatchObject({ code: 'camera_timeout' });
		await settle();
		expect([source.open, stream.state.name]).toEqual([0, 'idle']);
		await clock.advance(1_000);
		expect(await scene.waits()).toBe(true);
	});

	it('that is not ready in time does not end the wait of others', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const reader = await scene.join();
		await clock.advance(1_000);
		const claim = stream.claim();
		await clock.advance(START_TIMEOUT - 1_000);
		expect(reader.ends).toHaveLength(1);
		expect(source.open).toBe(1);
		source.last.announce();
		const lease = await claim;
		expect(stream.state.name).toBe('live');
		(await stream.claim(undefined, AT_ONCE)).release();
		lease.release();
	});

	it('closes the camera at once when everybody leaves before it is ready', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const first = await scene.join();
		const second = await scene.join();
		first.lease?.release();
		first.lease?.release();
		await settle();
		expect(source.open).toBe(1);
		second.lease?.release();
		await settle();
		expect([source.open, stream.state.name]).toEqual([0, 'idle']);
		expect(await scene.waits()).toBe(false);
		await clock.advance(START_TIMEOUT * 2);
		expect([stream.lastError, stream.state.name]).toEqual([undefined, 'idle']);
	});

	it('that is answered while the camera fails is told the cause on attaching', async () => {
		const { source, stream } = await spread();
		source.onRun = (run) => run.fail('camera_unauthorized', true);
		const lease = await stream.claim(undefined, AT_ONCE);
		await settle();
		const reader = new Reader();
		reader.lease = lease;
		stream.attach(reader, { replay: true });
		expect(reader.ends.map((cause) => cause?.code)).toEqual(['camera_unauthorized']);
		expect([source.open, stream.state.name]).toEqual([0, 'failed']);
	});

	it('is told new tracks, and goes on until those of the picture are known', async () => {
		const { source, stream, clock, ...scene } = await spread();
		const reader = await scene.join();
		const h265: Track = { kind: 'video', codec: 'h265', id: 3, clockRate: 90_000 };
		source.last.announce([h265]);
		expect(reader.tracks.at(-1)).toEqual([h265]);
		expect(stream.ready).toBe(false);
		await clock.advance(START_TIMEOUT);
		expect(reader.ends.map((cause) => cause?.code)).toEqual(['camera_timeout']);
	});
});

async function spread() {
	const scene = await Scene.watchedBefore();
	const { source, stream, clock } = scene;
	return { source, stream, clock, join: () => scene.join(), waits: () => scene.waits() };
}
