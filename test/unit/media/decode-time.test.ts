import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeTimes } from '../../../src/media/time/decode-time.ts';

describe('DecodeTimes', () => {
	it('is the presentation time where nothing is reordered', () => {
		const times = new DecodeTimes();
		expect([0, 3600, 7200].map((pts) => times.next(pts, 0, 3600))).toEqual([0, 3600, 7200]);
	});

	it('rebuilds the usual I P B B order', () => {
		const times = new DecodeTimes();
		const dts = [0, 3, 1, 2, 6, 4, 5].map((frame) => times.next(frame * 3600, 1, 3600) / 3600);
		expect(dts).toEqual([-1, 0, 1, 2, 3, 4, 5]);
	});

	it('learns how deep a stream reorders that does not say so', () => {
		const times = new DecodeTimes();
		const order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11];
		const dts = order.map((frame) => times.next(frame * 3600, 0, 3600) / 3600);
		expect(dts).toEqual([...dts].sort((one, other) => one - other));
		for (const [index, frame] of order.entries()) {
			if (index > 3) expect(dts[index]).toBeLessThanOrEqual(frame);
		}
	});

	it('forgets what two groups of pictures did not need, and keeps what they need', () => {
		const times = new DecodeTimes();
		const group = (first: number, order: readonly number[]) => {
			times.startGroup();
			return order.map((frame) => first + frame - times.next((first + frame) * 3600, 0, 3600) / 3600);
		};
		const bFrames = [0, 3, 1, 2, 6, 4, 5];
		const inOrder = [0, 1, 2, 3, 4, 5, 6];
		for (const first of [0, 7]) group(first, bFrames);
		const learnt = group(14, bFrames);
		expect(Math.min(...learnt)).toBeGreaterThanOrEqual(0);
		expect(Math.max(...learnt)).toBeGreaterThan(1);
		for (const first of [21, 28, 35]) expect(group(first, bFrames)).toEqual([1, 3, 0, 0, 3, 0, 0]);
		for (const first of [42, 49]) expect(group(first, inOrder)).toEqual([1, 1, 1, 1, 1, 1, 1]);
		expect(group(56, inOrder)).toEqual([0, 0, 0, 0, 0, 0, 0]);
	});

	it('starts over without what it learnt, and without going back', () => {
		const times = new DecodeTimes();
		for (const frame of [0, 3, 1, 2, 6, 4, 5]) times.next(frame * 3600, 0, 3600);
		times.reset();
		expect([9, 10, 11].map((frame) => times.next(frame * 3600, 0, 3600) / 3600)).toEqual([9, 10, 11]);
		expect(times.next(0, 0, 3600) / 3600).toBe(11);
	});

	it('never passes the presentation time and never runs backwards', () => {
		// The last picture of a group in presentation order is decoded first, as with B-frames.
		const stream = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 });
		fc.assert(
			fc.property(stream, (groups) => {
				const times = new DecodeTimes();
				let last = times.next(0, 1, 3000);
				let base = 1;
				for (const length of groups) {
					const pictures = [length - 1, ...Array.from({ length: length - 1 }, (_, index) => index)];
					for (const picture of pictures) {
						const pts = (base + picture) * 3000;
						const dts = times.next(pts, 1, 3000);
						expect(dts).toBeLessThanOrEqual(pts);
						expect(dts).toBeGreaterThanOrEqual(last);
						last = dts;
					}
					base += length;
				}
			}),
		);
	});
});
