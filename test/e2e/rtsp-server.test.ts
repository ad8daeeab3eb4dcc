import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera } from '../camera/gst-camera.ts';
import { streamInfo, streamStats } from './harness/api.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';
import { eventually } from './harness/wait.ts';

const run = promisify(execFile);
const DEADLINE_MS = 60_000;
const GST_READER = fileURLToPath(new URL('../camera/gst-reader.py', import.meta.url));

let camera: GstCamera;
let main: RunningGateway;
let sub: RunningGateway;

/** Where a gateway offers a stream by RTSP. */
async function rtspUrl(gateway: RunningGateway, credentials = ''): Promise<string> {
	const { urls } = await streamInfo(gateway.url, 'yard/gate');
	return `rtsp://${credentials}127.0.0.1${urls.rtsp}`;
}

/** Reads for some seconds with ffmpeg. @returns all it complained of */
async function ffmpeg(url: string, transport: 'tcp' | 'udp', seconds: number): Promise<string> {
	const words = ['-hide_banner', '-loglevel', 'warning', '-rtsp_transport', transport, '-i', url];
	const { stderr } = await run('ffmpeg', [...words, '-t', String(seconds), '-f', 'null', '-'], {
		timeout: DEADLINE_MS,
	});
	return stderr;
}

beforeAll(async () => {
	camera = await GstCamera.start({ video: 'high', audio: 'opus', shared: true, gop: 120 });
	main = await startGateway(`
webrtc: { udp_port: 0 }
rtsp_server: { enabled: true, port: 0, udp_port: 0 }
on_demand: { close_after: 1s }
streams:
  yard/gate: "${camera.url}"
`);
	sub = await startGateway(`
webrtc: { udp_port: 0 }
rtsp_server: { enabled: true, port: 0, udp_port: 0, username: viewer, password: 'sécret: "%"' }
on_demand: { close_after: 1s }
streams:
  yard/gate: "${await rtspUrl(main)}"
`);
});

afterAll(async () => {
	await sub?.stop();
	await main?.stop();
	await camera?.stop();
});

describe('RTSP server', () => {
	test.each(['tcp', 'udp'] as const)('ffmpeg reads it over %s without a complaint', async (transport) => {
		expect(await ffmpeg(await rtspUrl(main), transport, 8)).toBe('');
	});

	test.each(['tcp', 'udp'] as const)(
		'ffmpeg reads it through two gateways over %s with a password',
		async (transport) => {
			const credentials = `viewer:${encodeURIComponent('sécret: "%"')}@`;
			expect(await ffmpeg(await rtspUrl(sub, credentials), transport, 4)).toBe('');
		},
	);

	test('ffmpeg is refused with a wrong password, which nobody sees', async () => {
		const failure = await ffmpeg(await rtspUrl(sub, 'viewer:CANARY@'), 'tcp', 4).catch((error: Error) => error);
		expect(String(failure)).toContain('401 Unauthorized');
		expect(sub.output()).not.toContain('CANARY');
	});

	test.each(['tcp', 'udp'])('GStreamer shows picture and plays sound over %s', async (transport) => {
		const { stdout } = await run('/usr/bin/python3', [GST_READER, await rtspUrl(main), transport, '4'], {
			timeout: DEADLINE_MS,
		});
		const seen = JSON.parse(stdout) as { video: number; audio: number; problems: string[] };
		expect(seen.problems).toEqual([]);
		expect(seen.video).toBeGreaterThan(60);
		expect(seen.audio).toBeGreaterThan(100);
	});

	test('mpv plays it', async () => {
		const words = ['--no-config', '--vo=null', '--ao=null', '--length=3', '--msg-level=all=v', await rtspUrl(main)];
		const { stdout } = await run('mpv', words, { timeout: DEADLINE_MS, maxBuffer: 64 * 1024 * 1024 });
		expect(stdout).toContain('playback restart complete');
		expect(stdout).not.toMatch(/\[(ffmpeg|lavf|vd|ad)[^\]]*\] .*(error|missed|invalid|corrupt)/i);
	});

	test('readers are seen, share the camera, and let it go', async () => {
		const url = await rtspUrl(main);
		const starts = camera.count('PLAY');
		const reading = Promise.all([ffmpeg(url, 'tcp', 6), ffmpeg(url, 'udp', 6), ffmpeg(url, 'tcp', 6)]);
		const { viewers } = await eventually(
			() => streamInfo(main.url, 'yard/gate'),
			({ viewers: { rtsp } }) => rtsp === 3,
			DEADLINE_MS,
		);
		expect(viewers).toEqual({ webrtc: 0, hls: 0, rtsp: 3 });
		const { rtsp_readers: readers, readers: outputs } = await streamStats(main.url, 'yard/gate');
		expect(outputs).toEqual(['rtsp']);
		expect(readers?.map(({ transport }) => transport).sort()).toEqual(['tcp', 'tcp', 'udp']);
		expect(
			readers?.every(({ user_agent: agent, frames_dropped: dropped }) => /Lavf/.test(agent ?? '') && dropped === 0),
		).toBe(true);
		await reading;
		expect(camera.count('PLAY')).toBeLessThanOrEqual(starts + 1);
		await camera.seen('TEARDOWN', camera.count('PLAY'));
		await eventually(
			() => streamInfo(main.url, 'yard/gate'),
			({ state }) => state === 'idle',
			DEADLINE_MS,
		);
	});
});
