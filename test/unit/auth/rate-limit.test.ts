import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_COUNTED_CALLERS } from '../../../src/auth/limits.ts';
import { RateLimit } from '../../../src/auth/rate-limit.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const LONG = 'x'.repeat(16_000);

afterEach(() => {
	vi.restoreAllMocks();
});

describe('RateLimit', () => {
	it('allows so many at once, then so many a minute, to each caller', async () => {
		const clock = new VirtualClock();
		const limit = new RateLimit(clock, { burst: 3, perMinute: 60 });
		expect(Array.from({ length: 5 }, () => limit.take('a'))).toEqual([0, 0, 0, 1, 1]);
		expect([limit.wait('a'), limit.wait('b'), limit.take('b')]).toEqual([1, 0, 0]);
		await clock.advance(1000);
		expect([limit.wait('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 1]);
	});

	it('S6: counts so many callers at once, and forgets who was there longest ago', () => {
		const limit = new RateLimit(new VirtualClock(), { burst: 1, perMinute: 1 });
		for (let caller = 0; caller <= MAX_COUNTED_CALLERS; caller++) limit.take(`${caller}`);
		expect([limit.wait('0'), limit.wait('1'), limit.wait(`${MAX_COUNTED_CALLERS}`)]).toEqual([0, 60, 60]);
	});

	it('S6: remembers little of a caller with a long name, and takes it for no other', () => {
		const limit = new RateLimit(new VirtualClock(), { burst: 1, perMinute: 1 });
		const remembered = vi.spyOn(Map.prototype, 'set');
		expect([limit.take(`${LONG}1`), limit.take(`${LONG}1`), limit.take(`${LONG}2`)]).toEqual([0, 60, 0]);
		for (const [key] of remembered.mock.calls) expect(String(key).length).toBeLessThanOrEqual(64);
		expect(remembered).toHaveBeenCalled();
	});
});
