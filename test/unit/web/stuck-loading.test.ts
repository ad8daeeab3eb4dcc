import { describe, expect, test } from 'vitest';
import { placeBehindStuck } from '../../../src/web/player/stuck-loading.ts';

const PART = 0.2;

function video(currentTime: number, ...ranges: [number, number][]) {
	const buffered = {
		length: ranges.length,
		start: (index: number) => ranges[index]?.[0] ?? Number.NaN,
		end: (index: number) => ranges[index]?.[1] ?? Number.NaN,
	};
	return { currentTime, buffered };
}

describe('loading that is stuck at the end of a segment', () => {
	test('goes on just behind it', () => {
		const place = placeBehindStuck(video(7.98, [2, 7.999999]), 8.9, PART);
		expect(place).toBeGreaterThan(8);
		expect(place).toBeLessThan(8.01);
	});

	test.each([
		['the playlist has little more', video(7.98, [2, 8]), 8.3, PART],
		['there is still something to play', video(7.6, [2, 8]), 9, PART],
		['nothing is loaded yet', video(0), 9, PART],
		['there are no parts', video(7.98, [2, 8]), 12, 0],
	])('is none when %s', (_, element, edge, part) => {
		expect(placeBehindStuck(element, edge, part)).toBeUndefined();
	});
});
