import { afterEach, describe, expect, it, vi } from 'vitest';
import { FailedAttempts } from '../../../src/auth/failed-attempts.ts';
import { MAX_COUNTED_GUESSES } from '../../../src/auth/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function scene() {
	const clock = new VirtualClock();
	const failures = new FailedAttempts(clock, { burst: 3, perMinute: 6 });
	const isOut = (caller: string) => {
		try {
			failures.check(caller);
			return false;
		} catch {
			return true;
		}
	};
	return { clock, failures, isOut };
}

afterEach(() => {
	vi.restoreAllMocks();
});

describe('S6: FailedAttempts', () => {
	it('counts a guess once for each caller', () => {
		const { failures, isOut } = scene();
		for (let time = 0; time < 9; time++) for (const guess of ['a', 'b']) failures.count('school', guess);
		expect(isOut('school')).toBe(false);
		failures.count('home', 'a');
		failures.count('school', 'c');
		expect([isOut('school'), isOut('home')]).toEqual([true, false]);
	});

	it('counts it again once all that was counted is forgiven', async () => {
		const { clock, failures, isOut } = scene();
		for (const guess of ['a', 'b', 'c']) failures.count('school', guess);
		await clock.advance(29_000);
		expect(isOut('school')).toBe(false);
		for (const guess of ['a', 'b', 'c']) failures.count('school', guess);
		expect(isOut('school')).toBe(false);
		await clock.advance(1000);
		for (const guess of ['a', 'b', 'c']) failures.count('school', guess);
		expect(isOut('school')).toBe(true);
	});

	it('remembers so many guesses, those counted last, and little of a long one', () => {
		const { failures, isOut } = scene();
		const remembered = vi.spyOn(Map.prototype, 'set');
		failures.count('school', 'x'.repeat(16_000));
		for (const [key] of remembered.mock.calls) expect(String(key).length).toBeLessThanOrEqual(64);
		remembered.mockRestore();
		for (let index = 1; index < MAX_COUNTED_GUESSES; index++) failures.count('elsewhere', `${index}`);
		failures.count('school', 'x'.repeat(16_000));
		failures.count('elsewhere', 'one more');
		failures.count('school', 'x'.repeat(16_000));
		expect(isOut('school')).toBe(false);
		failures.count('school', 'b');
		expect(isOut('school')).toBe(true);
	});
});
