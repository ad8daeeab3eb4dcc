import { describe, expect, test } from 'vitest';
import { PlaybackError } from '../../../src/web/player/playback.ts';
import { bitrateInWords, durationInWords, rowsOf, statsOf } from '../../../src/web/player/stats.ts';
import type { PlayerState } from '../../../src/web/player/supervisor.ts';

function player(state: PlayerState, fallbackReason?: string) {
	return { state, samples: [], fallbackReason, firstFrameMs: undefined };
}

describe('what a player tells of itself', () => {
	test('why it plays as it does', () => {
		const playing: PlayerState = { name: 'playing', mode: 'webrtc', stalled: false };
		expect(statsOf(player(playing), 'auto').reason).toMatch(/lowest delay/);
		expect(statsOf(player(playing), 'webrtc').reason).toBe('You chose it.');
		expect(statsOf(player({ ...playing, mode: 'hls' }, 'No picture came.'), 'auto')).toMatchObject({
			mode: 'hls',
			reason: 'No picture came.',
		});
	});

	test('why it does not play', () => {
		const failure = new PlaybackError('camera_timeout', 'The camera is silent.');
		const stats = statsOf(player({ name: 'waiting', mode: 'hls', failure, retryAt: 0 }, 'older reason'), 'auto');
		expect(stats).toMatchObject({ state: 'waiting', reason: 'The camera is silent.' });
	});

	test('nothing before it was started, and a state of its own when the picture stands still', () => {
		expect(statsOf(player({ name: 'idle' }), 'auto')).toMatchObject({
			state: 'idle',
			mode: undefined,
			framesDecoded: 0,
		});
		expect(statsOf(player({ name: 'playing', mode: 'webrtc', stalled: true }), 'auto').state).toBe('stalled');
	});

	test('the panel has a dash for what is not known', () => {
		const rows = rowsOf(statsOf(player({ name: 'idle' }), 'auto'));
		expect(rows.map(({ value }) => value)).toEqual(['–', '–', '–', '–', '–', '0', '0']);
	});

	test('figures in words', () => {
		expect(bitrateInWords(849_600)).toBe('850 kbit/s');
		expect(bitrateInWords(2_140_000)).toBe('2.1 Mbit/s');
		expect(durationInWords(42.6)).toBe('43 ms');
		expect(durationInWords(2540)).toBe('2.5 s');
	});
});
