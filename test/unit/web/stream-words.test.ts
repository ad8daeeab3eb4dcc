import { describe, expect, test } from 'vitest';
import type { StreamInfo } from '../../../src/web/gateway/stream-info.ts';
import {
	agoWords,
	codecWords,
	pictureWords,
	skippedWords,
	stateWords,
	viewerWords,
} from '../../../src/web/pages/stream-words.ts';

const tracks: StreamInfo['tracks'] = [
	{ kind: 'video', codec: 'h264', width: 1280, height: 720, frame_rate: 29.97, clock_rate: 90_000 },
	{ kind: 'audio', codec: 'PCMA', clock_rate: 8000, channels: 1 },
	{ kind: 'audio', codec: 'G723', clock_rate: 8000 },
];

describe('a stream in words', () => {
	test('each state has its tone', () => {
		const tone = (state: StreamInfo['state'], on_demand = true) => stateWords({ state, on_demand }).tone;
		expect(tone('live')).toBe('live');
		expect(tone('starting')).toBe('busy');
		expect(tone('recovering')).toBe('busy');
		expect(tone('idle')).toBe('rest');
		expect(tone('closing')).toBe('rest');
		expect(tone('failed')).toBe('trouble');
	});

	test('idle is ready only where viewers start the camera', () => {
		expect(stateWords({ state: 'idle', on_demand: true }).label).toBe('Ready');
		expect(stateWords({ state: 'idle', on_demand: false }).label).toBe('Off');
	});

	test('idle is not ready when the camera could not be reached, until it was', () => {
		const last_error = { code: 'camera_refused', message: 'nothing listens', at: '2026-01-02T03:04:05.678Z' };
		const words = (change: object = {}) => stateWords({ state: 'idle', on_demand: true, last_error, ...change });
		expect(words()).toEqual({
			tone: 'trouble',
			label: 'Not reached',
			meaning: 'It is tried again when somebody watches.',
		});
		expect(words({ on_demand: false })).toMatchObject({
			label: 'Not reached',
			meaning: 'The camera is not connected.',
		});
		expect(words({ last_error: { ...last_error, over: true as const } }).label).toBe('Ready');
		expect(words({ state: 'live' }).label).toBe('Live');
	});

	test('nothing is said to have gone away that never was there', () => {
		const { meaning } = stateWords({ state: 'recovering', on_demand: false });
		expect(meaning).toBe('No picture comes from the camera; it is tried again by itself.');
	});

	test('codecs and picture', () => {
		expect(codecWords({ tracks })).toBe('H.264 · G.711 A-law · G723');
		expect(pictureWords({ tracks })).toBe('1280 × 720 · 30 fps');
		expect(pictureWords({ tracks: [] })).toBe('');
	});

	test('viewers', () => {
		expect(viewerWords({ webrtc: 0, hls: 0 })).toBe('Nobody');
		expect(viewerWords({ webrtc: 2, hls: 1 })).toBe('2 WebRTC, 1 HLS');
		expect(viewerWords({ webrtc: 0, hls: 3 })).toBe('3 HLS');
		expect(viewerWords({ webrtc: 1, hls: 0, rtsp: 2 })).toBe('1 WebRTC, 2 RTSP');
	});

	test('what is left out, where and why', () => {
		expect(
			skippedWords({ skipped_tracks: [{ codec: 'pcma', reason: 'MPEG-TS has no G.711.', output: 'hls' }] }),
		).toEqual(['G.711 A-law is left out in HLS: MPEG-TS has no G.711.']);
	});

	test.each([
		[0, 'just now'],
		[12, '12 s ago'],
		[300, '5 min ago'],
		[3 * 3600, '3 h ago'],
		[3 * 86_400, '3 days ago'],
		[-50, 'just now'],
	])('%d seconds ago', (seconds, words) => {
		const now = Date.UTC(2026, 0, 1);
		expect(agoWords(new Date(now - seconds * 1000).toISOString(), now)).toBe(words);
	});

	test('a time nobody can read is no trouble', () => {
		expect(agoWords('yesterday', 0)).toBe('just now');
	});
});
