import { describe, expect, test } from 'vitest';
import { ratesOf, type Sample } from '../../../src/web/player/sample.ts';
import { sampleOfReport } from '../../../src/web/player/webrtc/webrtc-report.ts';

const empty: Sample = {
	at: 0,
	framesDecoded: 0,
	framesDropped: 0,
	width: 0,
	height: 0,
	freezeCount: 0,
	pliCount: 0,
};

describe('rates', () => {
	test('none before there are two samples', () => {
		const none = { bitrate: undefined, framesPerSecond: undefined, latencyMs: undefined };
		expect(ratesOf([])).toEqual(none);
		expect(ratesOf([{ ...empty, bytes: 10 }])).toEqual(none);
	});

	test('bitrate over all samples, frame rate over the last two seconds', () => {
		const samples = [0, 1, 2, 3, 4].map((second) => ({
			...empty,
			at: 500 + second * 1000,
			bytes: second * 250_000,
			framesDecoded: second <= 2 ? second * 30 : 60 + (second - 2) * 10,
		}));
		expect(ratesOf(samples)).toEqual({ bitrate: 2_000_000, framesPerSecond: 10, latencyMs: undefined });
	});

	test('no bitrate where the browser counts no bytes, none over counters that went back', () => {
		expect(ratesOf([empty, { ...empty, at: 1000, framesDecoded: 25 }])).toMatchObject({
			bitrate: undefined,
			framesPerSecond: 25,
		});
		expect(
			ratesOf([
				{ ...empty, bytes: 10 },
				{ ...empty, at: 1000, bytes: 0 },
			]).bitrate,
		).toBeUndefined();
	});

	test('latency as measured, else jitter buffer and half the round trip', () => {
		expect(ratesOf([empty, { ...empty, at: 1000, latencyMs: 41 }]).latencyMs).toBe(41);
		const buffered = [
			{ ...empty, jitterBufferSeconds: 1, jitterBufferFrames: 100 },
			{ ...empty, at: 1000, jitterBufferSeconds: 1.6, jitterBufferFrames: 130, roundTripMs: 8 },
		];
		expect(ratesOf(buffered).latencyMs).toBeCloseTo(24);
	});
});

describe('a getStats report', () => {
	const report = [
		{ type: 'codec', mimeType: 'video/H264' },
		{
			type: 'inbound-rtp',
			kind: 'video',
			bytesReceived: 1000,
			framesDecoded: 9,
			framesDropped: 2,
			frameWidth: 1280,
			frameHeight: 720,
			freezeCount: 1,
			pliCount: 3,
			jitterBufferDelay: 0.4,
			jitterBufferEmittedCount: 9,
		},
		{ type: 'inbound-rtp', kind: 'audio', bytesReceived: 200, jitterBufferDelay: 9, jitterBufferEmittedCount: 1 },
		{ type: 'candidate-pair', nominated: false, currentRoundTripTime: 0.5 },
		{ type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.01 },
	];

	test('becomes a sample of the picture, with the bytes of sound and picture', () => {
		expect(sampleOfReport(report, 7, 30)).toEqual({
			at: 7,
			bytes: 1200,
			framesDecoded: 9,
			framesDropped: 2,
			width: 1280,
			height: 720,
			freezeCount: 1,
			pliCount: 3,
			jitterBufferSeconds: 0.4,
			jitterBufferFrames: 9,
			roundTripMs: 10,
			latencyMs: 35,
		});
	});

	test('may lack anything', () => {
		expect(sampleOfReport([], 7, undefined)).toEqual({ ...empty, at: 7 });
		expect(sampleOfReport([{ type: 'inbound-rtp', kind: 'video', framesDecoded: 'many' }], 7, undefined)).toMatchObject(
			{
				framesDecoded: 0,
				bytes: 0,
			},
		);
	});
});
