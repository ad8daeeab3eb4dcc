import { describe, expect, it } from 'vitest';
import { MAX_SEGMENTS, REPAIR } from '../../../src/webrtc/limits.ts';
import { SendHistory } from '../../../src/webrtc/repair/send-history.ts';

describe('SendHistory', () => {
	const segment = (sequence: number, index: number) => ({ sequence, index, squeeze: undefined });

	it('finds the stretch a number belongs to, over wraps', () => {
		const history = new SendHistory();
		const [first, second] = [segment(1, 500), segment(70_000, 90_000)];
		history.begin(first);
		history.begin(second);
		expect(history.find(69_999 & 0xffff, 70_001)).toEqual({ segment: first, sequence: 69_999 });
		expect(history.find(70_000 & 0xffff, 70_001)).toEqual({ segment: second, sequence: 70_000 });
	});

	it('knows nothing of what was not sent', () => {
		const history = new SendHistory();
		expect(history.find(1, 1)).toBeUndefined();
		history.begin(segment(1, 0));
		for (const wrapped of [0, 1, 2, 0xffff]) expect(history.find(wrapped, 1)).toBeUndefined();
		expect(history.find(2, 2)).toBeUndefined();
	});

	it('reaches back as far as a receiver guesses the roll-over counter right, though the packet may be there', () => {
		const history = new SendHistory();
		history.begin(segment(1, 0));
		const newest = 100_000;
		expect(history.find((newest - REPAIR.reach) & 0xffff, newest + 1)).toMatchObject({
			sequence: newest - REPAIR.reach,
		});
		expect(history.find((newest - REPAIR.reach - 1) & 0xffff, newest + 1)).toBeUndefined();
		expect(REPAIR.reach).toBeLessThan(0x8000);
	});

	it('remembers so many stretches', () => {
		const history = new SendHistory();
		for (let number = 0; number <= MAX_SEGMENTS; number++) history.begin(segment(1 + number, 0));
		expect(history.find(1, MAX_SEGMENTS + 2)).toBeUndefined();
		expect(history.find(2, MAX_SEGMENTS + 2)).toMatchObject({ sequence: 2 });
	});
});
