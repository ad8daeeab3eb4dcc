import { describe, expect, it } from 'vitest';
import { GopMeter } from '../../../src/stream/gop-meter.ts';
import { picture, pictures } from '../../fakes/access-units.ts';

describe('GopMeter', () => {
	it('measures the last whole group of pictures', () => {
		const meter = new GopMeter();
		for (const unit of pictures(0, 5, { rate: 25, gop: 50 })) meter.push(unit);
		expect(meter).toMatchObject({ groups: 2, frames: 50, seconds: 2, reordered: false, lastKey: 4_000 });
		expect(meter.running).toBeCloseTo(0.96);
	});

	it('knows nothing of length and order before a whole group was seen', () => {
		const meter = new GopMeter();
		for (const unit of pictures(0, 6, { rate: 25, gop: 1_000 })) meter.push(unit);
		expect(meter).toMatchObject({ groups: 0, frames: 0, seconds: 0, reordered: undefined });
		expect(meter.running).toBeCloseTo(5.96);
	});

	it('sees B-frames at once, and that they are gone after the next group', () => {
		const meter = new GopMeter();
		for (const [seconds, key] of [
			[0, true],
			[0.12, false],
			[0.04, false],
		] as const) {
			meter.push(picture(seconds, key));
		}
		expect(meter.reordered).toBe(true);
		for (const unit of pictures(1, 3, { rate: 25, gop: 25 })) meter.push(unit);
		expect(meter.reordered).toBe(false);
	});

	it('measures nothing where the picture is refreshed gradually, and again after a key picture', () => {
		const meter = new GopMeter();
		for (const unit of pictures(0, 5, { rate: 25, gop: 50 })) meter.push(unit);
		for (const time of [6, 8]) meter.push({ ...picture(time, true), refresh: true });
		expect(meter).toMatchObject({ gradual: true, groups: 0, frames: 0, seconds: 0, running: 0, lastKey: undefined });
		for (const unit of pictures(10, 13, { rate: 25, gop: 50 })) meter.push(unit);
		expect(meter).toMatchObject({ gradual: false, groups: 1, frames: 50, seconds: 2 });
	});

	it('does not measure over a break in time', () => {
		const meter = new GopMeter();
		meter.push(picture(0, true));
		meter.push(picture(60, true, { epoch: 1 }));
		expect(meter.groups).toBe(0);
	});
});
