import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { type RunningGateway, startGateway } from './harness/gateway.ts';

const run = promisify(execFile);
const DEADLINE_MS = 90_000;

const CASES: { name: string; camera: GstCameraOptions }[] = [
	{ name: 'H.264 High and AAC', camera: { video: 'high', audio: 'aac' } },
	{ name: 'H.264 Constrained Baseline and Opus', camera: { video: 'baseline', audio: 'opus' } },
];

describe.each(CASES)('the HLS playlist of $name plays in', ({ camera: options }) => {
	let camera: GstCamera;
	let gateway: RunningGateway;
	let playlist: string;

	beforeAll(async () => {
		camera = await GstCamera.start({ ...options, protocols: 'tcp', gop: 30 });
		gateway = await startGateway(`webrtc: { udp_port: 0 }\nstreams: { cam: "${camera.url}" }\n`);
		playlist = `${gateway.url}/hls/cam/index.m3u8`;
	});

	afterAll(async () => {
		await gateway?.stop();
		await camera?.stop();
	});

	test('ffmpeg, which finds no error in it', async () => {
		const { stderr } = await run(
			'ffmpeg',
			['-v', 'warning', '-xerror', '-err_detect', 'explode', '-i', playlist, '-t', '8', '-f', 'null', '-'],
			{ timeout: DEADLINE_MS },
		);
		expect(stderr).not.toMatch(/error|corrupt|discontinuity|non.monoton/i);
	});

	test('mpv', async () => {
		const { stdout } = await run(
			'mpv',
			['--no-config', '--vo=null', '--ao=null', '--frames=200', '--msg-level=all=warn', playlist],
			{ timeout: DEADLINE_MS },
		);
		expect(stdout).not.toMatch(/error|corrupt|discontinuity/i);
	});

	test('VLC', async () => {
		const words = [
			'-u',
			'nobody',
			'--',
			'cvlc',
			'--no-color',
			'-vv',
			'--vout=dummy',
			'--aout=dummy',
			'--play-and-exit',
		];
		const [command, args] = process.getuid?.() === 0 ? ['runuser', words] : ['cvlc', words.slice(4)];
		const { stderr } = await run(command, [...args, '--run-time=6', playlist, 'vlc://quit'], {
			timeout: DEADLINE_MS,
			maxBuffer: 64 * 1024 * 1024,
			env: { ...process.env, HOME: '/tmp' },
		});
		expect(stderr).toContain('Received first picture');
		expect(stderr).not.toMatch(/discontinuity.*continuity|packets? lost|cannot (open|demux|decode)/i);
	});
});
