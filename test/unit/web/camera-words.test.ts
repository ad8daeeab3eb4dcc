import { describe, expect, it } from 'vitest';
import type { ProbeReport, StreamStats, TrackStats } from '../../../src/web/gateway/camera.ts';
import {
	bitrateWords,
	durationWords,
	foundWords,
	gopWords,
	lossWords,
	packetWords,
	profileWords,
} from '../../../src/web/pages/camera-words.ts';
import { History } from '../../../src/web/pages/history.ts';
import { pointsOf } from '../../../src/web/pages/sparkline.ts';

const TRACK: TrackStats = {
	kind: 'video',
	codec: 'h264',
	packets_received: 1000,
	packets_lost: 0,
	packets_reordered: 0,
	packets_duplicate: 0,
	current_bitrate: 0,
};

describe('words of a camera', () => {
	it.each([
		[bitrateWords(2_040_000), '2.0 Mbit/s'],
		[bitrateWords(63_700), '64 kbit/s'],
		[durationWords(0.4), '< 1 ms'],
		[durationWords(42.3), '42 ms'],
		[durationWords(1_240), '1.2 s'],
		[durationWords(35_400), '35 s'],
		[gopWords({ gop_seconds: 0 }), '–'],
		[gopWords({ gop_seconds: 2.002 }), '2 s'],
		[profileWords({ codec: 'h264', profile: 'High', level: '3.1' }), 'H.264 High 3.1'],
		[profileWords({ codec: 'pcma' }), 'G.711 A-law'],
		[lossWords(TRACK), '0 %'],
		[lossWords({ ...TRACK, packets_lost: 1 }), '0.1 %'],
		[lossWords({ ...TRACK, packets_received: 90, packets_lost: 10 }), '10 %'],
		[packetWords(TRACK), ''],
		[packetWords({ ...TRACK, packets_lost: 3, packets_reordered: 1, packets_duplicate: 2 }), '3 lost, 1 late, 2 twice'],
	])('%s', (text, expected) => {
		expect(text).toBe(expected);
	});

	it('tell what a probe found', () => {
		const report: ProbeReport = {
			source: 'rtsp://a/b',
			video: { codec: 'h265', width: 640, height: 480, gop_longer_than: 5.1, b_frames: true },
			audio: { codec: 'aac', clock_rate: 44_100, channels: 2 },
			skipped: [],
			outputs: [],
			advice: [],
		};
		expect(foundWords(report)).toEqual([
			'H.265 · 640 × 480 · no second key frame in 5.1 s · B-frames',
			'AAC · 44.1 kHz stereo',
		]);
	});
});

describe('a line of values', () => {
	it('needs two of them, stays in its box and draws noise flat', () => {
		expect(pointsOf([5])).toBe('');
		expect(pointsOf([0, 0])).toBe('0,14 120,14');
		const heights = (values: number[]) =>
			pointsOf(values)
				.split(' ')
				.map((point) => Number(point.split(',')[1]));
		for (const y of heights([1, 1_000_000, 3, 77])) {
			expect(y).toBeGreaterThanOrEqual(2);
			expect(y).toBeLessThanOrEqual(26);
		}
		const noise = heights([1000, 1010, 990]);
		expect(Math.max(...noise) - Math.min(...noise)).toBeLessThan(3);
	});

	it('remembers the last two minutes', () => {
		const history = new History();
		for (let second = 0; second < 100; second++) {
			history.add({ current_bitrate: second, frame_rate: 30 } as StreamStats);
		}
		expect(history.of('bitrate')).toHaveLength(60);
		expect(history.of('bitrate').at(-1)).toBe(99);
	});
});
