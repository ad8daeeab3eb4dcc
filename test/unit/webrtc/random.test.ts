import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pooled } from '../../../src/webrtc/random.ts';

describe('random bytes that are fetched many at a time', () => {
	it('are those of the source, each given out once', () => {
		let fetched = Buffer.alloc(0);
		let asked = 0;
		const random = pooled((size) => {
			asked++;
			const bytes = randomBytes(size);
			fetched = Buffer.concat([fetched, bytes]);
			return bytes;
		});
		const sizes = [18, 8, 6, 18, 4, 32];
		const given = Array.from({ length: 300 }, (_, index) => random(sizes[index % sizes.length] as number));
		expect(given.map(({ length }) => length)).toEqual(given.map((_, index) => sizes[index % sizes.length]));
		expect(asked).toBeLessThan(10);
		let at = 0;
		for (const bytes of given) {
			const found = fetched.indexOf(bytes, at);
			expect(found).toBeGreaterThanOrEqual(at);
			at = found + bytes.length;
		}
	});

	it('are as many as asked for', () => {
		const random = pooled(randomBytes);
		expect(random(1)).toHaveLength(1);
		expect(random(10_000)).toHaveLength(10_000);
		expect(random(4_096)).toHaveLength(4_096);
		expect(random(0)).toHaveLength(0);
	});
});
