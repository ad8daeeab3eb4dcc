import { describe, expect, it } from 'vitest';
import type { Camera } from '../../../src/probe/camera.ts';
import { adviceOf, judge, type Plays } from '../../../src/probe/verdict.ts';

const H264 = { codec: 'h264', profile: 'High', level: '3.1', frame_rate: 30, gop_seconds: 2, b_frames: false };
const H265 = { codec: 'h265', profile: 'Main', level: '3.1', gop_seconds: 2 };
const AAC = { codec: 'aac', clock_rate: 48_000, channels: 2 };
const OPUS = { codec: 'opus', clock_rate: 48_000, channels: 2 };
const PCMA = { codec: 'pcma', clock_rate: 8_000, channels: 1 };
const MJPEG = { kind: 'video', codec: 'JPEG', reason: 'It is not played yet.' };

const [P, S, T, N]: Plays[] = ['plays', 'plays_without_sound', 'needs_transcoding', 'no'];
const camera = (parts: Partial<Camera>): Camera => ({ skipped: [], ...parts });

describe('judge', () => {
	it.each<[string, Partial<Camera>, (Plays | undefined)[], RegExp | undefined]>([
		// WebRTC in Chrome, Firefox and Safari; HLS in MPEG-TS; low-latency HLS
		['H.264 without sound', { video: H264 }, [P, P, P, P, P], undefined],
		['H.264 and AAC', { video: H264, audio: AAC }, [S, S, S, P, P], /by WebRTC.* G\.711 or Opus/],
		['H.264 and Opus', { video: H264, audio: OPUS }, [P, P, P, S, P], /by HLS.* AAC/],
		['H.264 and G.711', { video: H264, audio: PCMA }, [P, P, P, S, S], /by HLS.* AAC/],
		['H.264 and G.722', { video: H264, audio: { ...PCMA, codec: 'g722' } }, [P, P, P, S, S], /by HLS.* AAC/],
		['H.264 and L16', { video: H264, audio: { ...PCMA, codec: 'l16' } }, [S, S, S, S, S], /G\.711 or Opus/],
		['G.711 in stereo', { video: H264, audio: { ...PCMA, channels: 2 } }, [S, S, S, S, S], /one channel/],
		['B-frames', { video: { ...H264, b_frames: true }, audio: AAC }, [T, T, T, P, P], /B-frames of the camera to 0/],
		['B-frames not known', { video: { codec: 'h264' } }, [P, P, P, P, P], undefined],
		['H.264 with 10 bits', { video: { ...H264, profile: 'High 10' } }, [T, T, T, T, T], /to High, Main or Baseline/],
		['H.265', { video: H265, audio: AAC }, [T, T, T, T, P], /video codec of the camera to H\.264/],
		['gradual refresh', { video: { codec: 'h264', gradual_refresh: true } }, [T, T, T, T, T], /Switch off the intra/],
		['MJPEG', { skipped: [MJPEG] }, [T, T, T, T, T], /video codec of the camera to H\.264/],
		['MJPEG with sound', { audio: PCMA, skipped: [MJPEG] }, [T, T, T, T, T], /to H\.264/],
		['a rare key frame', { video: { ...H264, gop_seconds: 10 } }, [P, P, P, P, P], /GOP, .*to 2 s \(60 frames\)/],
		[
			'hardly a key frame',
			{ video: { codec: 'h264', frame_rate: 12.5, gop_longer_than: 5 } },
			[P, P, P, P, P],
			/to 2 s \(25 frames\)/,
		],
		['sound alone', { audio: AAC }, [T, T, T, P, P], /G\.711 or Opus/],
		['nothing', {}, [N, N, N, N, N], undefined],
		['metadata alone', { skipped: [{ kind: 'application', codec: 'onvif', reason: 'x' }] }, [N, N, N, N, N], undefined],
	])('%s', (_name, parts, verdicts, cure) => {
		const judged = judge(camera(parts));
		expect(judged.map(({ verdict }) => verdict)).toEqual(verdicts);
		expect(judged.map(({ output }) => output)).toEqual([
			'webrtc_chrome',
			'webrtc_firefox',
			'webrtc_safari',
			'hls_ts',
			'hls_ll',
		]);
		for (const { verdict, reasons } of judged) if (verdict !== 'plays') expect(reasons).not.toEqual([]);
		if (cure) expect(adviceOf(judged).join('\n')).toMatch(cure);
		else expect(adviceOf(judged)).toEqual([]);
	});

	it('says why a track of the camera was left out', () => {
		const skipped = [{ kind: 'audio', codec: 'MPEG4-GENERIC', reason: 'It has no config.' }];
		const [chrome] = judge(camera({ video: H264, skipped }));
		expect(chrome).toMatchObject({ verdict: 'plays_without_sound' });
		expect(chrome?.reasons).toEqual(['The sound (MPEG4-GENERIC) is left out: It has no config.']);
	});

	it('says what a long group of pictures does to each output', () => {
		const judged = judge(camera({ video: { ...H264, gop_seconds: 8 } }));
		expect(judged[0]?.reasons[0]).toBe(
			'A key frame comes only every 8 s: after a loss the picture stands still until the next one.',
		);
		expect(judged[3]?.reasons[0]).toMatch(/segments get as long/);
	});

	it('gives each advice once', () => {
		const advice = adviceOf(judge(camera({ video: { ...H264, b_frames: true, gop_seconds: 9 }, audio: AAC })));
		expect(new Set(advice).size).toBe(advice.length);
	});
});
