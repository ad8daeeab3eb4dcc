import { describe, expect, test } from 'vitest';
import { nextStep } from '../../../src/web/player/next-step.ts';

describe('what follows after an attempt', () => {
	test.each([
		// WebRTC alone is in the way: HLS can do better
		['webrtc_disabled', 'fall-back'],
		['codec_unsupported', 'fall-back'],
		['offer_unsupported', 'fall-back'],
		['too_many_sessions', 'fall-back'],
		['no_frame', 'fall-back'],
		['no_connection', 'fall-back'],
		['webrtc_missing', 'fall-back'],
		['answer_invalid', 'fall-back'],
		['http_405', 'fall-back'],
		// the camera or the gateway is in the way: HLS would meet the same
		['camera_timeout', 'retry'],
		['camera_refused', 'retry'],
		['stream_closed', 'retry'],
		['connection_lost', 'retry'],
		['gateway_unreachable', 'retry'],
		['internal', 'retry'],
		['http_502', 'retry'],
		['issuer_unreachable', 'retry'],
		['cluster_unreachable', 'retry'],
		['no_node', 'retry'],
		['session_ended', 'ask-again'],
		// nothing helps before the configuration changes
		['stream_not_found', 'give-up'],
		['camera_unauthorized', 'give-up'],
		['camera_unsupported', 'give-up'],
	])('%s of WebRTC in auto: %s', (code, step) => {
		expect(nextStep({ code }, 'webrtc', 'auto')).toBe(step);
	});

	test.each([
		['no_frame', 'retry'],
		['session_ended', 'ask-again'],
		['too_many_sessions', 'retry'],
		['webrtc_disabled', 'give-up'],
		['codec_unsupported', 'give-up'],
	])('%s of chosen WebRTC: %s, never another way', (code, step) => {
		expect(nextStep({ code }, 'webrtc', 'webrtc')).toBe(step);
	});

	test.each([
		['hls_disabled', 'give-up'],
		['hls_missing', 'give-up'],
		['no_frame', 'retry'],
		['playback_stalled', 'retry'],
	])('%s of HLS: %s', (code, step) => {
		expect(nextStep({ code }, 'hls', 'auto')).toBe(step);
		expect(nextStep({ code }, 'hls', 'hls')).toBe(step);
	});
});
