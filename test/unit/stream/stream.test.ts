import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../src/base/errors.ts';
import type { Lease } from '../../../src/stream/reader.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle } from '../../fakes/virtual-clock.ts';

import { Collector, live, setup } from './stream-scene.ts';

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
