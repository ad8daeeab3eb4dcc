import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Scope } from '../../src/base/scope.ts';
import { type DemoCamera, startDemoCamera } from '../../src/demo/demo-camera.ts';

const run = promisify(execFile);
const DEADLINE = { timeout: 30_000 };

let scope = new Scope();
afterEach(async () => {
	await scope.close();
	scope = new Scope();
});

async function start(clipPath: string, clock: Clock = systemClock): Promise<DemoCamera> {
	const camera = await startDemoCamera({ clipPath, clock, logger: silentLogger, host: '127.0.0.1' });
	scope.defer(() => camera.close());
	return camera;
}

/** A clip of 1 s, so that a test sees the loop several times. */
async function makeClip(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'dualcast-clip-'));
	scope.defer(() => rm(folder, { recursive: true }));
	const path = join(folder, 'clip.mp4');
	const inputs = '-f lavfi -i testsrc2=s=160x120:r=30:d=1 -f lavfi -i sine=d=0.99';
	const encode = '-c:v libx264 -bf 0 -pix_fmt yuv420p -c:a libopus -ac 2';
	await run('ffmpeg', ['-v', 'error', ...`${inputs} ${encode}`.split(' '), path], DEADLINE);
	return path;
}

describe('the demo camera', () => {
	it.each(['tcp', 'udp'])('shows H.264 High and Opus to ffprobe over %s', async (transport) => {
		const { url } = await start('assets/demo.mp4');
		const { stdout } = await run(
			'ffprobe',
			['-v', 'error', '-rtsp_transport', transport, '-show_streams', '-of', 'json', url],
			DEADLINE,
		);
		const { streams } = JSON.parse(stdout) as { streams: unknown[] };
		expect(streams).toMatchObject([
			{ codec_name: 'h264', profile: 'High', width: 1280, height: 720, r_frame_rate: '30/1', has_b_frames: 0 },
			{ codec_name: 'opus', sample_rate: '48000', channels: 2 },
		]);
	});

	it.each(['tcp', 'udp'])('goes on over the loop without a break over %s', async (transport) => {
		const { url } = await start(await makeClip());
		const input = ['-v', 'error', '-rtsp_transport', transport, '-i', url, '-t', '3.5', '-c', 'copy'];
		const { stdout } = await run('ffmpeg', [...input, '-f', 'framecrc', '-'], DEADLINE);
		for (const [stream, frames, step] of [
			['0', 90, 3000],
			['1', 150, 960],
		] as const) {
			// stream, dts, pts, …
			const lines = stdout.split('\n').map((line) => line.split(',').map((field) => field.trim()));
			const times = lines.filter(([index]) => index === stream).map(([, , pts]) => Number(pts));
			expect(times.length).toBeGreaterThan(frames);
			const steps = new Set(times.slice(1).map((time, n) => time - (times[n] as number)));
			expect([...steps]).toEqual([step]);
		}
	});

	it('rests when nobody watches', async () => {
		let timers = 0;
		const counting: Clock = {
			...systemClock,
			after: (delay, run) => {
				timers += 1;
				return systemClock.after(delay, run);
			},
		};
		const { url } = await start(await makeClip(), counting);
		const probe = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', url, '-t', '0.2', '-f', 'null', '-'];
		await run('ffmpeg', probe, DEADLINE);
		expect(timers).toBeGreaterThan(5);
		await expect.poll(() => settled(() => timers), { timeout: 10_000 }).toBe(true);
	});

	it('ends a client that sends no RTSP, and no other', async () => {
		const { url } = await start('assets/demo.mp4');
		const { hostname, port } = new URL(url);
		const garbage = connect(Number(port), hostname);
		garbage.on('error', () => {});
		garbage.write(Buffer.alloc(2 * 1024 * 1024, 'x'));
		await once(garbage, 'close');
		const { stdout } = await run('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', '-show_streams', url], DEADLINE);
		expect(stdout).toContain('codec_name=h264');
	});

	it('says goodbye when it closes', async () => {
		const camera = await start('assets/demo.mp4');
		const { hostname, port } = new URL(camera.url);
		const client = connect(Number(port), hostname);
		const received: Buffer[] = [];
		client.on('data', (chunk) => received.push(chunk));
		client.write(`SETUP ${camera.url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n`);
		client.write(`PLAY ${camera.url} RTSP/1.0\r\nCSeq: 2\r\n\r\n`);
		await expect.poll(() => Buffer.concat(received).length).toBeGreaterThan(20_000);
		const closed = once(client, 'close');
		await camera.close();
		await closed;
		const tail = Buffer.concat(received).subarray(-12);
		// RTCP BYE of one source (RFC 3550 section 6.6).
		expect([tail[4], tail[5]]).toEqual([0x81, 203]);
	});
});

/** Whether a count stands still for 200 ms. */
async function settled(count: () => number): Promise<boolean> {
	const before = count();
	await new Promise((done) => setTimeout(done, 200));
	return count() === before;
}
