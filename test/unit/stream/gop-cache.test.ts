import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessUnit } from '../../../src/media/unit.ts';
import { GopCache } from '../../../src/stream/gop-cache.ts';
import { VIDEO_TRACK } from '../../fakes/scripted-source.ts';

function picture(key: boolean, size: number): AccessUnit {
	const place = { pts: 0, dts: 0, arrival: 0, wall: 0, epoch: 0 };
	return { kind: 'video', track: VIDEO_TRACK, key, nalus: [new Uint8Array(size)], size, ...place };
}

describe('GopCache', () => {
	it('stays within its bounds and always starts with a key picture', () => {
		const limits = { bytes: 1000, units: 12 };
		const pictures = fc.array(fc.record({ key: fc.boolean(), size: fc.integer({ min: 1, max: 400 }) }), {
			maxLength: 80,
		});
		fc.assert(
			fc.property(pictures, (stream) => {
				const cache = new GopCache(limits);
				for (const { key, size } of stream) {
					cache.push(picture(key, size));
					const held = cache.units.reduce((sum, unit) => sum + (unit.kind === 'video' ? unit.size : 0), 0);
					expect(cache.bytes).toBe(held);
					expect(held).toBeLessThanOrEqual(limits.bytes);
					expect(cache.units.length).toBeLessThanOrEqual(limits.units);
					const first = cache.units[0];
					if (first) expect(first.kind === 'video' && first.key).toBe(true);
				}
			}),
		);
	});

	it('lets a group that is too large go whole, until the next key picture', () => {
		const cache = new GopCache({ bytes: 1000, units: 100 });
		cache.push(picture(true, 600));
		cache.push(picture(false, 600));
		expect(cache.units).toHaveLength(0);
		cache.push(picture(false, 10));
		expect(cache.units).toHaveLength(0);
		cache.push(picture(true, 10));
		expect(cache.units).toHaveLength(1);
	});
});
