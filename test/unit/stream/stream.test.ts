import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Track } from '../../../src/media/track.ts';
import type { AccessUnit } from '../../../src/media/unit.ts';
import type { Lease, StreamReader } from '../../../src/stream/reader.ts';
import { Stream } from '../../../src/stream/stream.ts';
import type { StreamOptions } from '../../../src/stream/stream-options.ts';
import { ScriptedSource, VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

function setup(changes: Partial<StreamOptions> = {}) {
	const clock = new VirtualClock();
	const source = new ScriptedSource();
	const stream = new Stream({
		id: 'cam',
		source,
		onDemand: true,
		startTimeout: 5_000,
		closeAfter: 30_000,
		stallTimeout: 8_000,
		backoff: { first: 500, cap: 5_000 },
		retryPause: { transient: 1_000, permanent: 30_000 },
		clock,
		logger: silentLogger,
		random: () => 0.5,
		...changes,
	});
	return { clock, source, stream };
}

class Collector implements StreamReader {
	readonly name = 'collector';
	readonly units: AccessUnit[] = [];
	tracks: readonly Track[] = [];
	ended = 0;
	onTracks(tracks: readonly Track[]): void {
		this.tracks = tracks;
	}
	onUnit(unit: AccessUnit): void {
		this.units.push(unit);
	}
	onEnd(): void {
		this.ended++;
	}
}

const PCMA_TRACK = { kind: 'audio', codec: 'pcma', id: 1, clockRate: 8_000, channels: 1 } as const;

/** A sound packet every 500 ms. */
async function soundFor({ clock, source }: ReturnType<typeof setup>, milliseconds: number): Promise<void> {
	const run = source.last;
	for (let passed = 0; passed < milliseconds; passed += 500) {
		const sequence = Math.round(clock.now() / 500);
		const fields = { payloadType: 8, marker: false, sequence, timestamp: clock.now() * 8, ssrc: 2 };
		run.sink.onPacket(1, { ...fields, payload: new Uint8Array(160) }, clock.now());
		await clock.advance(500);
	}
}

async function live(context: ReturnType<typeof setup>): Promise<Lease> {
	const claim = context.stream.claim();
	await settle();
	context.source.last.announce();
	return claim;
}

describe('demand', () => {
	it('shares one start among fifty concurrent first viewers and closes after the last has left', async () => {
		const { clock, source, stream } = setup();
		const claims = Array.from({ length: 50 }, () => stream.claim());
		await settle();
		expect(source.runs).toHaveLength(1);
		source.last.announce();
		const leases = await Promise.all(claims);
		for (const lease of leases.slice(1)) lease.release();
		await clock.advance(60_000 - 1);
		// The scripted camera sends nothing: keep it from counting as stalled.
		expect(stream.state.name).not.toBe('idle');
		leases[0]?.release();
		leases[0]?.release();
		await clock.advance(30_000);
		expect(stream.state.name).toBe('idle');
		expect(source.open).toBe(0);
	});

	it('keeps the camera when somebody comes back within the linger', async () => {
		const context = setup({ stallTimeout: 1e9 });
		const first = await live(context);
		first.release();
		await context.clock.advance(29_999);
		const second = await context.stream.claim();
		await context.clock.advance(100_000);
		expect(context.source.runs).toHaveLength(1);
		second.release();
		await context.clock.advance(30_000);
		expect(context.source.open).toBe(0);
	});

	it('tells the first viewers the cause as soon as it is known, and does not dial again for a while', async () => {
		const { clock, source, stream } = setup();
		const claims = [stream.claim(), stream.claim()];
		await settle();
		source.last.fail('camera_unauthorized', true);
		for (const claim of claims) await expect(claim).rejects.toMatchObject({ code: 'camera_unauthorized' });
		await expect(stream.claim()).rejects.toMatchObject({ code: 'camera_unauthorized' });
		expect(source.runs).toHaveLength(1);
		expect(stream.state.name).toBe('failed');
		await clock.advance(30_000);
		const again = stream.claim();
		await settle();
		expect(source.runs).toHaveLength(2);
		source.last.announce();
		await (await again).release();
	});

	it('asks a camera with a wrong password ever more rarely, however often viewers come', async () => {
		const { clock, source, stream } = setup();
		source.onRun = (run) => run.fail('camera_unauthorized', true);
		for (let minute = 0; minute < 60; minute++) {
			await expect(stream.claim()).rejects.toMatchObject({ code: 'camera_unauthorized' });
			await clock.advance(60_000);
		}
		expect(source.runs.length).toBeLessThanOrEqual(10);
		source.onRun = (run) => run.announce();
		await clock.advance(600_000);
		(await stream.claim()).release();
	});

	it('goes on so when that camera locks the account and closes connections for a while', async () => {
		const { clock, source, stream } = setup();
		const refusals: number[] = [];
		source.onRun = (run) => {
			if (clock.now() > 1_800_000 && clock.now() < 3_600_000) return run.fail('camera_closed');
			refusals.push(clock.now());
			run.fail('camera_unauthorized', true);
		};
		for (let minute = 0; minute < 120; minute++) {
			await expect(stream.claim()).rejects.toThrow();
			await clock.advance(60_000);
		}
		expect(refusals.filter((at) => at >= 3_600_000 && at < 5_400_000).length).toBeLessThanOrEqual(4);
	});

	it('is idle after a start that failed and may go better the next time, and keeps the cause', async () => {
		const { clock, source, stream } = setup();
		const claims = [stream.claim(), stream.claim()];
		await settle();
		source.last.fail('camera_refused');
		for (const claim of claims) await expect(claim).rejects.toMatchObject({ code: 'camera_refused' });
		await settle();
		expect(stream.state.name).toBe('idle');
		expect(stream.lastError?.error.code).toBe('camera_refused');
		expect(stream.lastError?.over).toBeUndefined();
		await expect(stream.claim()).rejects.toMatchObject({ code: 'camera_refused' });
		expect(source.runs).toHaveLength(1);
		await clock.advance(1_000);
		const again = stream.claim();
		await settle();
		source.last.announce();
		(await again).release();
		expect(source.runs).toHaveLength(2);
		expect(stream.lastError).toMatchObject({ error: { code: 'camera_refused' }, over: true });
	});

	it('gives up after the start timeout and closes the camera', async () => {
		const { clock, source, stream } = setup();
		const claim = stream.claim();
		const failure = expect(claim).rejects.toMatchObject({ code: 'camera_timeout' });
		await clock.advance(5_000);
		await failure;
		await settle();
		expect(source.open).toBe(0);
		expect(stream.state.name).toBe('idle');
	});

	it('does not call a camera unreachable that answers and sends no key picture in time', async () => {
		const { clock, source, stream } = setup();
		const unreached = stream.claim();
		const first = expect(unreached).rejects.toThrow('check that it is reachable');
		await clock.advance(5_000);
		await first;
		const { parameterSets: _, facts: __, ...undescribed } = VIDEO_TRACK;
		const claim = stream.claim();
		const second = expect(claim).rejects.toThrow(/connected, but sent no key picture .* in 5 s; .* shorter/);
		source.last.announce([undescribed]);
		source.last.picture(0, false, clock.now());
		await clock.advance(5_000);
		await second;
		expect(stream.lastError?.error.code).toBe('camera_timeout');
		await stream.close();
	});

	it('lets a waiting viewer go when its signal is aborted, without ending the others', async () => {
		const { source, stream } = setup();
		const gone = new AbortController();
		const leaver = stream.claim(gone.signal);
		const stayer = stream.claim();
		await settle();
		gone.abort(new Error('left'));
		await expect(leaver).rejects.toThrow('left');
		expect(source.open).toBe(1);
		source.last.announce();
		(await stayer).release();
	});

	it('starts again for a viewer who comes while the camera is being closed', async () => {
		const context = setup({ stallTimeout: 1e9 });
		const lease = await live(context);
		lease.release();
		const expired = context.clock.advance(30_000);
		await expired;
		const claim = context.stream.claim();
		await settle();
		context.source.last.announce();
		await claim;
		expect(context.source.open).toBe(1);
	});

	it('keeps an always-on camera open and goes on trying', async () => {
		const { clock, source, stream } = setup({ onDemand: false });
		await settle();
		source.last.fail('camera_refused');
		await clock.advance(10_000);
		expect(source.runs.length).toBeGreaterThan(1);
		source.last.announce();
		(await stream.claim()).release();
		await stream.close();
		expect(source.open).toBe(0);
	});

	it('opens an always-on camera again, ever more rarely, after failures that trying at once does not cure', async () => {
		const { clock, source, stream } = setup({ onDemand: false });
		await settle();
		source.last.announce();
		source.last.fail('camera_closed');
		await clock.advance(1_000);
		// As while the camera boots, and describes nothing yet.
		source.last.fail('camera_unsupported', true);
		await clock.advance(29_000);
		expect(source.runs).toHaveLength(2);
		await clock.advance(2_000);
		expect(source.runs).toHaveLength(3);
		source.last.fail('camera_forbidden', true);
		await clock.advance(59_000);
		expect(source.runs).toHaveLength(3);
		await clock.advance(2_000);
		source.last.announce();
		expect(stream.state.name).toBe('live');
		source.last.fail('camera_unsupported', true);
		await settle();
		await stream.close();
		await clock.advance(3_600_000);
		expect(source.runs).toHaveLength(4);
	});

	it('leaves an always-on camera that refuses the password alone until somebody asks for it', async () => {
		const { clock, source, stream } = setup({ onDemand: false });
		await settle();
		source.last.fail('camera_unauthorized', true);
		await clock.advance(3_600_000);
		expect(source.runs).toHaveLength(1);
		const claim = stream.claim();
		await settle();
		source.last.announce();
		(await claim).release();
		expect(stream.state.name).toBe('live');
		await stream.close();
	});

	it('holds no session and misses none over random joins and leaves', async () => {
		const step = fc.oneof(
			fc.constant('join' as const),
			fc.constant('leave' as const),
			fc.integer({ min: 1, max: 40_000 }),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
				const { clock, source, stream } = setup({ stallTimeout: 1e9 });
				source.onRun = (run) => run.announce();
				const leases: Lease[] = [];
				for (const what of steps) {
					if (what === 'join') leases.push(await stream.claim());
					else if (what === 'leave') leases.pop()?.release();
					else await clock.advance(what);
					if (leases.length > 0) expect(source.open).toBe(1);
					expect(source.open).toBeLessThanOrEqual(1);
				}
				for (const lease of leases) lease.release();
				await clock.advance(30_000);
				expect(source.open).toBe(0);
				expect(stream.state.name === 'idle').toBe(true);
			}),
			{ numRuns: 60 },
		);
	});
});

describe('supervision', () => {
	it('keeps readers while the camera is gone and goes on in a new epoch with time running forward', async () => {
		const context = setup();
		const { clock, source, stream } = context;
		await live(context);
		const reader = new Collector();
		stream.attach(reader, { replay: true });
		for (let frame = 0; frame < 10; frame++) {
			source.last.picture(frame * 3600, frame === 0, clock.now());
			await clock.advance(40);
		}
		source.last.fail('camera_closed');
		await clock.advance(10);
		expect(stream.state).toMatchObject({ name: 'recovering', attempt: 1 });
		await clock.advance(2_000);
		source.last.announce();
		source.last.picture(7, false, clock.now());
		source.last.picture(3607, true, clock.now());
		source.last.picture(7207, false, clock.now() + 40);
		expect(stream.state.name).toBe('live');
		expect(stream.reconnects).toBe(1);
		expect(reader.ended).toBe(0);
		expect(reader.units).toHaveLength(12);
		const [before, after] = [reader.units[9], reader.units[10]];
		expect(after?.epoch).toBe((before?.epoch ?? 0) + 1);
		expect(after?.kind === 'video' && after.key).toBe(true);
		expect((after?.pts ?? 0) - (before?.pts ?? 0)).toBeGreaterThan(90_000);
	});

	it('waits for a camera that sends nothing before its next key picture', async () => {
		const context = setup();
		const { clock, source, stream } = context;
		await live(context);
		await clock.advance(19_000);
		source.last.picture(0, true, clock.now());
		await clock.advance(7_500);
		expect(source.runs).toHaveLength(1);
		expect(stream.state.name).toBe('live');
		await clock.advance(1_000);
		expect(stream.lastError?.error.code).toBe('camera_stalled');
	});

	it('reconnects a camera that is connected but sends nothing', async () => {
		const context = setup();
		await live(context);
		await context.clock.advance(20_500);
		expect(context.stream.lastError?.error.message).toContain('no picture (h264) for 20 s');
		expect(context.stream.lastError?.error.code).toBe('camera_stalled');
		await context.clock.advance(1_000);
		expect(context.source.runs).toHaveLength(2);
		expect(context.source.open).toBe(1);
	});

	it('reconnects a camera whose picture froze while its sound goes on, and says so', async () => {
		const context = setup();
		const { clock, source, stream } = context;
		const claim = stream.claim();
		await settle();
		source.last.announce([VIDEO_TRACK, PCMA_TRACK]);
		await claim;
		source.last.picture(0, true, clock.now());
		await soundFor(context, 9_000);
		expect(stream.lastError?.error).toMatchObject({
			code: 'camera_stalled',
			facts: { track: 'video', codec: 'h264', silent_s: 8 },
		});
		expect(stream.lastError?.error.message).toContain('no picture (h264) for 8 s while its sound goes on');
		expect(source.runs).toHaveLength(2);
	});

	it('keeps a camera whose sound stopped, and tells it until sound comes again', async () => {
		const context = setup();
		const { clock, source, stream } = context;
		const claim = stream.claim();
		await settle();
		source.last.announce([VIDEO_TRACK, PCMA_TRACK]);
		await claim;
		await soundFor(context, 1_000);
		for (let second = 0; second < 20; second++) {
			source.last.picture(second * 90_000, true, clock.now());
			await clock.advance(1_000);
		}
		expect(stream.state.name).toBe('live');
		expect(source.runs).toHaveLength(1);
		expect(stream.muted.map(({ track }) => track.codec)).toEqual(['pcma']);
		await soundFor(context, 1_000);
		expect(stream.muted).toEqual([]);
	});

	it('gives up a camera of sound alone when the sound stops', async () => {
		const context = setup();
		const claim = context.stream.claim();
		await settle();
		context.source.last.announce([PCMA_TRACK]);
		await claim;
		await soundFor(context, 20_000);
		expect(context.source.runs).toHaveLength(1);
		await context.clock.advance(8_500);
		expect(context.stream.lastError?.error.message).toContain('no sound (pcma)');
	});

	it('does not take packets that never make a picture for life', async () => {
		const context = setup();
		const { clock, source, stream } = context;
		await live(context);
		source.last.picture(0, true, clock.now());
		for (let sequence = 1; sequence < 20; sequence++) {
			// A fragment without its beginning.
			const payload = Uint8Array.of(0x7c, 0x05, 0x88);
			const fields = { payloadType: 96, marker: true, sequence, timestamp: sequence * 45_000, ssrc: 1, payload };
			source.last.sink.onPacket(0, fields, clock.now());
			await clock.advance(500);
		}
		expect(stream.lastError?.error.code).toBe('camera_stalled');
	});

	it('gives up a camera that never gets ready, also when it is not the first time', async () => {
		const context = setup({ onDemand: false });
		await settle();
		context.source.last.announce();
		context.source.last.fail('camera_closed');
		await context.clock.advance(1_000);
		expect(context.source.runs).toHaveLength(2);
		await context.clock.advance(35_000);
		expect(context.stream.lastError?.error.code).toBe('camera_timeout');
		expect(context.source.runs.length).toBeGreaterThan(2);
	});

	it('ends the readers when the camera refuses the password after a reconnect', async () => {
		const context = setup();
		await live(context);
		const reader = new Collector();
		context.stream.attach(reader, { replay: true });
		context.source.last.fail('camera_closed');
		await context.clock.advance(1_000);
		context.source.last.fail('camera_unauthorized', true);
		await settle();
		expect(reader.ended).toBe(1);
		await context.clock.advance(20_000);
		expect(context.source.runs).toHaveLength(2);
	});
});

describe('readers', () => {
	it('replays the group of pictures since the last key picture to a late reader', async () => {
		const context = setup();
		await live(context);
		for (let frame = 0; frame < 8; frame++) {
			context.source.last.picture(frame * 3600, frame % 5 === 0, context.clock.now());
		}
		const reader = new Collector();
		const detach = context.stream.attach(reader, { replay: true });
		expect(reader.tracks).toHaveLength(1);
		expect(reader.units.map((unit) => unit.pts - (reader.units[0]?.pts ?? 0))).toEqual([0, 3600, 7200]);
		detach();
		context.source.last.picture(8 * 3600, false, context.clock.now());
		expect(reader.units).toHaveLength(3);
	});

	it('gives a reader without replay nothing before the next key picture', async () => {
		const context = setup();
		await live(context);
		context.source.last.picture(0, true, 0);
		const reader = new Collector();
		context.stream.attach(reader, { replay: false });
		context.source.last.picture(3600, false, 40);
		expect(reader.units).toHaveLength(0);
		context.source.last.picture(7200, true, 80);
		expect(reader.units).toHaveLength(1);
	});

	it('detaches a reader that throws and serves the others', async () => {
		const context = setup();
		await live(context);
		const bad = new Collector();
		bad.onUnit = () => {
			throw new Error('reader bug');
		};
		const good = new Collector();
		context.stream.attach(bad, { replay: true });
		context.stream.attach(good, { replay: true });
		context.source.last.picture(0, true, 0);
		context.source.last.picture(3600, false, 40);
		expect(bad.ended).toBe(1);
		expect(good.units).toHaveLength(2);
	});

	it('ends every reader and refuses claims once closed', async () => {
		const context = setup();
		await live(context);
		const reader = new Collector();
		context.stream.attach(reader, { replay: true });
		await context.stream.close();
		expect(reader.ended).toBe(1);
		expect(context.source.open).toBe(0);
		await expect(context.stream.claim()).rejects.toBeInstanceOf(DualcastError);
	});
});
