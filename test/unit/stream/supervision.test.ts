import { describe, expect, it } from 'vitest';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';
import { settle } from '../../fakes/virtual-clock.ts';

import { Collector, live, PCMA_TRACK, setup, soundFor } from './stream-scene.ts';

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

	it('lets nobody in with the tracks of before while the camera is gone', async () => {
		const context = setup();
		const { clock, source, stream } = context;
		await live(context);
		source.last.fail('camera_closed');
		await settle();
		const told = stream.claim();
		await clock.advance(2_000);
		source.last.fail('camera_refused');
		await expect(told).rejects.toMatchObject({ code: 'camera_refused' });
		const served = stream.claim();
		await clock.advance(4_000);
		source.last.announce();
		(await served).release();
		expect(stream.state.name).toBe('live');
	});

	it('tells its readers that what came before is old', async () => {
		const context = setup();
		const { source, stream } = context;
		await live(context);
		let away = 0;
		const reader = Object.assign(new Collector(), { onAway: () => void away++ });
		stream.attach(reader, { replay: true });
		source.last.fail('camera_closed');
		await settle();
		expect(away).toBe(1);
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
		await live(context, [VIDEO_TRACK, PCMA_TRACK]);
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
		await live(context, [VIDEO_TRACK, PCMA_TRACK]);
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
