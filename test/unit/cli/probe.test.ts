import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseArguments, UsageError } from '../../../src/cli/arguments.ts';
import { probe } from '../../../src/cli/probe.ts';
import { probeCard } from '../../../src/cli/probe-card.ts';
import type { ProbeReport } from '../../../src/probe/report.ts';
import { adviceOf, judge } from '../../../src/probe/verdict.ts';
import { NothingToPlayError, type Source } from '../../../src/stream/source.ts';
import { ScriptedSource } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

const CAMERA = {
	video: {
		codec: 'h264',
		profile: 'High',
		level: '4',
		width: 1920,
		height: 1080,
		frame_rate: 25,
		gop_frames: 250,
		gop_seconds: 10,
		b_frames: true,
		bitrate: 4_200_000,
	},
	audio: { codec: 'aac', clock_rate: 16_000, channels: 1, bitrate: 32_000 },
	skipped: [{ kind: 'application', codec: 'vnd.onvif.metadata', reason: 'It is neither picture nor sound.' }],
};
const OUTPUTS = judge(CAMERA);
const REPORT: ProbeReport = {
	source: 'rtsp://192.0.2.7/stream1',
	server: 'Camera 1.0',
	transport: 'tcp',
	rtt_ms: 3,
	first_packet_ms: 80,
	first_key_frame_ms: 95,
	media_seconds: 5,
	packets_received: 2_000,
	packets_lost: 2,
	...CAMERA,
	outputs: OUTPUTS,
	advice: adviceOf(OUTPUTS),
};

function surroundings(source: Source, isTTY = false) {
	let out = '';
	let err = '';
	const clock = new VirtualClock();
	const events = Object.assign(new EventEmitter(), { exit() {} });
	const around = {
		env: {},
		stdout: { write: (text: string) => (out += text), isTTY },
		stderr: { write: (text: string) => (err += text), isTTY },
		events,
		clock,
		openCamera: async () => source,
	};
	return { around, clock, events, out: () => out, err: () => err };
}

function command(...args: string[]) {
	const parsed = parseArguments(['probe', ...args]);
	if (parsed.name !== 'probe') throw new Error('not a probe');
	return parsed;
}

describe('the command line of probe', () => {
	it('takes an address, a transport and --json', () => {
		expect(command('rtsp://user:p%40ss@192.0.2.1/a', '--json', '--transport', 'udp')).toMatchObject({
			json: true,
			camera: {
				source: 'rtsp://192.0.2.1/a',
				credentials: { username: 'user', password: 'p@ss' },
				transport: 'udp',
			},
		});
		expect(command('rtsp://192.0.2.1/a')).toMatchObject({ json: false, camera: { transport: 'auto' } });
	});

	it.each([
		[['probe'], /^write dualcast probe URL/],
		[['probe', 'rtsp://a/b', 'rtsp://a/c'], /^write dualcast probe URL/],
		[['probe', 'http://user:s3cret@a/b'], /rtsp:\/\//],
		[['probe', 'demo'], /^give probe the address of a camera/],
		[['probe', 'rtsp://user:s3cret@a/b', '--transport', 'pigeon'], /^--transport takes auto, tcp, udp/],
	])('refuses %j without repeating the address', (args, message) => {
		const parse = () => parseArguments(args);
		expect(parse).toThrow(UsageError);
		expect(parse).toThrow(message);
		expect(parse).not.toThrow(/s3cret/);
	});
});

describe('probe', () => {
	it('prints the card, or JSON, and ends with 0 where the camera plays', async () => {
		for (const args of [[], ['--json']]) {
			const source = new ScriptedSource();
			const { around, clock, out, err } = surroundings(source);
			const ended = probe(command('rtsp://192.0.2.1/a', ...args), around);
			await settle();
			source.last.announce();
			for (let frame = 0; frame < 80; frame++) {
				if (source.open > 0) source.last.picture(frame * 3600, frame % 25 === 0, clock.now());
				await clock.advance(40);
			}
			expect(await ended).toBe(0);
			expect(err()).toBe('');
			if (args.length > 0) expect(JSON.parse(out())).toMatchObject({ video: { codec: 'h264', gop_seconds: 1 } });
			else expect(out()).toMatch(/Picture +H\.264 Constrained Baseline, level 1 · 64 × 48 · 25 fps/);
		}
	});

	it('ends with 1 where the camera plays nowhere, or with the cause', async () => {
		const skipped = [{ kind: 'video', codec: 'JPEG', reason: 'It is not played yet.' }];
		const error = new NothingToPlayError('nothing', skipped, undefined);
		const mute = surroundings({ label: 'x', run: () => Promise.reject(error) });
		expect(await probe(command('rtsp://192.0.2.1/a'), mute.around)).toBe(1);
		expect(mute.out()).toContain('needs transcoding');
		const source = new ScriptedSource();
		const refused = surroundings(source);
		const ended = probe(command('rtsp://u:s3cret@192.0.2.1/a', '--json'), refused.around);
		await settle();
		source.last.fail('camera_unauthorized', true);
		expect(await ended).toBe(1);
		expect(refused.err()).toBe('dualcast: scripted camera_unauthorized (camera_unauthorized)\n');
		expect(JSON.parse(refused.out()).error.code).toBe('camera_unauthorized');
		expect(refused.out() + refused.err()).not.toContain('s3cret');
	});

	it('shows on a terminal that it is at work, and leaves no trace of it', async () => {
		const source = new ScriptedSource();
		const { around, clock, err } = surroundings(source, true);
		const ended = probe(command('rtsp://192.0.2.1/a'), around);
		await clock.advance(500);
		expect(err()).toMatch(/Connecting to scripted/);
		source.last.fail('camera_refused');
		expect(await ended).toBe(1);
		expect(err().endsWith('\r\x1b[Kdualcast: scripted camera_refused (camera_refused)\n')).toBe(true);
	});

	it('says goodbye to the camera on Ctrl+C', async () => {
		const source = new ScriptedSource();
		const { around, events, out, err } = surroundings(source);
		const ended = probe(command('rtsp://192.0.2.1/a'), around);
		await settle();
		events.emit('SIGINT');
		expect(await ended).toBe(130);
		expect(source.open).toBe(0);
		expect(out() + err()).toBe('');
	});
});

describe('the card', () => {
	it('says what the camera is, where it plays and what to set', () => {
		expect(probeCard(REPORT, { color: false, columns: 80 })).toMatchInlineSnapshot(`
			"
			 rtsp://192.0.2.7/stream1
			 Camera 1.0 · RTSP over TCP · answers in 3 ms

			 Picture   H.264 High, level 4 · 1920 × 1080 · 25 fps · 4.2 Mbit/s
			           key frame every 10 s (250 frames) · B-frames
			 Sound     AAC · 16 kHz mono · 32 kbit/s
			 Left out  application vnd.onvif.metadata: It is neither picture nor sound.
			 Start     first packet after 80 ms · first key frame after 95 ms · 2000
			           packets in 5 s, 2 lost

			 Plays as it is
			 ✗ WebRTC in Chrome   needs transcoding
			   It has B-frames, which are sent in another order than they are shown in:
			   browsers drop most of such a picture. Browsers take no AAC by WebRTC.
			 ✗ WebRTC in Firefox  needs transcoding
			 ✗ WebRTC in Safari   needs transcoding
			 ✓ HLS (MPEG-TS)      plays
			   A key frame comes only every 10 s: segments get as long, so the picture
			   starts late and lags behind.
			 ✓ Low-latency HLS    plays

			 What to set
			 → Set the B-frames of the camera to 0, or its H.264 profile to Baseline.
			 → For sound by WebRTC, set the audio codec of the camera to G.711 or Opus.
			 → Set the key frame interval (GOP, I-frame interval) to 2 s (50 frames).

			"
		`);
	});

	it('keeps to the width of the terminal', () => {
		for (const columns of [40, 60, 200]) {
			const lines = probeCard(REPORT, { color: false, columns }).split('\n');
			expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.min(columns, 110));
		}
	});

	it('is coloured where asked', () => {
		expect(probeCard(REPORT, { color: true, columns: 80 })).toContain('\x1b[31m✗\x1b[0m');
	});
});
