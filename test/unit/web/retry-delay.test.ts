import { expect, test } from 'vitest';
import { retryDelayMs } from '../../../src/web/player/retry-delay.ts';

test('doubles from half a second to ten seconds', () => {
	expect([1, 2, 3, 4, 5, 6, 100].map((attempt) => retryDelayMs(attempt, 1))).toEqual([
		500, 1000, 2000, 4000, 8000, 10_000, 10_000,
	]);
});

test('is spread over its upper half', () => {
	expect(retryDelayMs(3, 0)).toBe(1000);
	expect(retryDelayMs(3, 0.5)).toBe(1500);
});
