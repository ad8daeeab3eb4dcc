import { describe, expect, it } from 'vitest';
import { SourceError } from '../../../src/base/errors.ts';
import { probe } from '../../../src/probe/probe.ts';
import { MAX_PROBES, ProbeDesk } from '../../../src/probe/probe-desk.ts';
import { NothingToPlayError } from '../../../src/stream/source.ts';
import { ScriptedSource } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

function start() {
	const clock = new VirtualClock();
	const source = new ScriptedSource();
	const steps: string[] = [];
	const abort = new AbortController();
	const outcome = probe({ source, clock, signal: abort.signal, onStep: (step) => steps.push(step) });
	outcome.catch(() => {});
	return { clock, source, steps, abort, outcome };
}

/** Pictures at 25 a second with a key picture every `gop` frames. */
async function play({ clock, source }: ReturnType<typeof start>, seconds: number, gop: number): Promise<void> {
	const run = source.last;
	for (let frame = 0; frame < seconds * 25 && source.open > 0; frame++) {
		run.picture(frame * 3600, frame % gop === 0, clock.now());
		await clock.advance(40);
	}
}

describe('probe', () => {
	it('watches two groups of pictures, says goodbye and reports', async () => {
		const context = start();
		await context.clock.advance(120);
		context.source.last.announce();
		await play(context, 10, 25);
		const report = await context.outcome;
		expect(context.source).toMatchObject({ open: 0 });
		expect(context.source.runs).toHaveLength(1);
		expect(context.steps).toEqual(['connecting', 'measuring']);
		expect(report).toMatchObject({
			source: 'scripted',
			transport: 'tcp',
			first_packet_ms: 120,
			first_key_frame_ms: 120,
			packets_lost: 0,
			video: { codec: 'h264', profile: 'Constrained Baseline', gop_frames: 25, gop_seconds: 1, b_frames: false },
		});
		expect(report.media_seconds).toBeGreaterThanOrEqual(2);
		expect(report.media_seconds).toBeLessThan(3);
		expect(report.video?.frame_rate).toBeCloseTo(25, 0);
	});

	it('does not wait for a key frame that is far away', async () => {
		const context = start();
		await settle();
		context.source.last.announce();
		await play(context, 20, 1_000);
		const report = await context.outcome;
		expect(context.clock.now()).toBeLessThan(6_000);
		expect(report.video?.gop_longer_than).toBeGreaterThan(4);
		expect(report.advice.join()).toContain('key frame interval');
	});

	it('gives up before ten seconds when the camera does not get ready', async () => {
		const context = start();
		await context.clock.advance(10_000);
		await expect(context.outcome).rejects.toMatchObject({
			code: 'camera_timeout',
			message: expect.stringContaining('did not get ready in 9 s'),
		});
		expect(context.source.open).toBe(0);
	});

	it('says that a camera which plays nothing sent nothing', async () => {
		const context = start();
		await settle();
		context.source.last.announce();
		await context.clock.advance(10_000);
		await expect(context.outcome).rejects.toMatchObject({
			code: 'camera_timeout',
			message: expect.stringContaining('accepted the session but sent nothing'),
		});
	});

	it('throws the cause, and reports a camera that ended after its pictures were seen', async () => {
		const refused = start();
		await settle();
		refused.source.last.fail('camera_unauthorized', true);
		await expect(refused.outcome).rejects.toMatchObject({ code: 'camera_unauthorized' });
		const broken = start();
		await settle();
		broken.source.last.announce();
		await play(broken, 1, 10);
		broken.source.last.fail('camera_closed');
		expect((await broken.outcome).video?.gop_frames).toBe(10);
	});

	it('is a finding, not an error, when the camera has nothing playable', async () => {
		const skipped = [{ kind: 'video', codec: 'JPEG', reason: 'It is not played yet.' }];
		const source = {
			label: 'rtsp://camera/mjpeg',
			run: () => Promise.reject(new NothingToPlayError('nothing', skipped, 'Old Camera 1.0')),
		};
		const report = await probe({ source, clock: new VirtualClock() });
		expect(report).toMatchObject({ source: 'rtsp://camera/mjpeg', server: 'Old Camera 1.0', skipped });
		expect(report.outputs.every(({ verdict }) => verdict === 'needs_transcoding')).toBe(true);
	});

	it('ends with its signal', async () => {
		const context = start();
		await settle();
		context.source.last.announce();
		context.abort.abort(new Error('gone'));
		await expect(context.outcome).rejects.toThrow('gone');
		expect(context.source.open).toBe(0);
	});
});

describe('ProbeDesk', () => {
	it('runs a few at a time and frees a place whatever came of a probe', async () => {
		const clock = new VirtualClock();
		const desk = new ProbeDesk(clock);
		const source = new ScriptedSource();
		const never = new AbortController().signal;
		const running = Array.from({ length: MAX_PROBES }, () => desk.run(source, never));
		for (const run of running) run.catch(() => {});
		await expect(desk.run(source, never)).rejects.toMatchObject({ code: 'too_many_probes' });
		source.runs[0]?.fail('camera_refused');
		await expect(running[0]).rejects.toBeInstanceOf(SourceError);
		const next = desk.run(source, never);
		next.catch(() => {});
		await settle();
		expect(source.open).toBe(MAX_PROBES);
		await desk.close();
		expect(source.open).toBe(0);
		await expect(next).rejects.toMatchObject({ code: 'stream_closed' });
	});
});
