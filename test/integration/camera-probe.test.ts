import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { probe } from '../../src/probe/probe.ts';
import type { ProbeReport } from '../../src/probe/report.ts';
import type { Plays } from '../../src/probe/verdict.ts';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { rtspSource } from '../camera/pulled-source.ts';

const SMALL: GstCameraOptions = { width: 320, height: 240, bitrate: 500, fps: 25, gop: 25 };
const cameras: GstCamera[] = [];

async function startCamera(options: GstCameraOptions): Promise<GstCamera> {
	const camera = await GstCamera.start({ ...SMALL, ...options });
	cameras.push(camera);
	return camera;
}

afterEach(async () => {
	await Promise.all(cameras.splice(0).map((camera) => camera.stop('SIGKILL')));
});

function verdicts({ outputs }: ProbeReport): Plays[] {
	return outputs.map(({ verdict }) => verdict);
}

const [P, S, T]: Plays[] = ['plays', 'plays_without_sound', 'needs_transcoding'];

describe('a probe of a camera of gst-rtsp-server', () => {
	it.each<[string, GstCameraOptions, (Plays | undefined)[], object]>([
		[
			'H.264 High and AAC over TCP',
			{ video: 'high', audio: 'aac', protocols: 'tcp' },
			[S, S, S, P, P],
			{
				transport: 'tcp',
				video: { codec: 'h264', profile: 'High', width: 320, height: 240, gop_frames: 25, b_frames: false },
				audio: { codec: 'aac', clock_rate: 48_000, channels: 2 },
			},
		],
		[
			'B-frames and A-law over UDP alone',
			{ video: 'high-bframes', audio: 'alaw', protocols: 'udp' },
			[T, T, T, S, S],
			{ transport: 'udp', video: { codec: 'h264', b_frames: true }, audio: { codec: 'pcma' } },
		],
		['H.265', { video: 'h265' }, [T, T, T, T, P], { video: { codec: 'h265', profile: 'Main', width: 320 } }],
		['MJPEG', { video: 'mjpeg' }, [T, T, T, T, T], { skipped: [{ kind: 'video' }] }],
	])('%s', async (_name, options, expected, facts) => {
		const camera = await startCamera(options);
		const started = performance.now();
		const report = await probe({ source: rtspSource(camera.url), clock: systemClock });
		expect(performance.now() - started).toBeLessThan(10_000);
		expect(verdicts(report)).toEqual(expected);
		expect(report).toMatchObject(facts);
		expect(report.server).toMatch(/GStreamer/);
		await camera.seen('disconnected', camera.count('connected'));
		if (report.video) {
			expect(camera.count('PLAY')).toBe(1);
			expect(camera.count('TEARDOWN')).toBe(1);
			expect(report.video.gop_seconds).toBeCloseTo(1, 1);
			expect(report.video.frame_rate).toBeCloseTo(25, 0);
			expect(report.packets_lost).toBe(0);
			expect(report.rtt_ms).toBeGreaterThan(0);
		}
	});

	it('says that the password is wrong, and holds none of it', async () => {
		const camera = await startCamera({ auth: 'digest' });
		const source = rtspSource(camera.url, { username: 'user', password: 'wr0ng' });
		const failure = await probe({ source, clock: systemClock }).catch((error: unknown) => error);
		expect(failure).toMatchObject({ code: 'camera_unauthorized' });
		expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('wr0ng');
		expect(camera.count('PLAY')).toBe(0);
	});

	it('does not wait longer than ten seconds for a camera that froze', async () => {
		const camera = await startCamera({});
		camera.freeze();
		const started = performance.now();
		const failure = await probe({ source: rtspSource(camera.url), clock: systemClock }).catch(
			(error: unknown) => error,
		);
		expect(failure).toMatchObject({ code: 'camera_timeout' });
		expect(performance.now() - started).toBeLessThan(10_500);
	});
});
