import { describe, expect, test } from 'vitest';
import { catchUpRate } from '../../../src/web/player/hls/catch-up-rate.ts';

describe('catching up with the live edge', () => {
	test.each([
		['not where it should be, with enough ahead', 0.4, 0.5, 1, 1.1],
		['far behind', 3, 2, 1, 1.12],
		['a little behind', 0.08, 0.5, 1, 1],
		['a little behind while it catches up', 0.08, 0.5, 1.1, 1.02],
		['there', 0.02, 0.5, 1.1, 1],
		['ahead of where it should be', -0.3, 0.5, 1.1, 1],
		['behind, with too little ahead', 0.4, 0.15, 1.1, 1],
	])('%s', (_, behind, ahead, rate, expected) => {
		expect(catchUpRate(behind, ahead, 0.2, rate)).toBeCloseTo(expected, 6);
	});
});
