import { describe, expect, it } from 'vitest';
import { WallClock } from '../../../src/stream/wall-clock.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

describe('WallClock', () => {
	it('follows a camera whose clock drifts, without a jump', async () => {
		const clock = new VirtualClock();
		const wall = new WallClock(clock);
		let last = wall.at(0, clock.now());
		for (let frame = 1; frame < 3000; frame++) {
			await clock.advance(40);
			// The camera's clock is 0.02 % slow.
			const now = wall.at(frame * 40 * 0.9998, clock.now());
			expect(now - last).toBeGreaterThan(39.9);
			expect(now - last).toBeLessThan(40.1);
			last = now;
		}
		expect(Math.abs(last - clock.wall())).toBeLessThan(1);
	});

	it('takes a clock that was set at once', async () => {
		const clock = new VirtualClock();
		const wall = new WallClock(clock);
		wall.at(0, clock.now());
		await clock.advance(60_000);
		expect(wall.at(40, clock.now())).toBe(clock.wall());
	});

	it('dates the first unit by its age, where that can be', () => {
		const clock = new VirtualClock();
		const at = (age: number | undefined) => new WallClock(clock).at(0, clock.now(), () => age);
		expect(at(2500)).toBe(clock.wall() - 2500);
		for (const age of [undefined, Number.NaN, -2500, 3_600_000]) expect(at(age)).toBe(clock.wall());
	});

	it('dates a group of many seconds that comes at once as it was taken', async () => {
		const clock = new VirtualClock();
		const wall = new WallClock(clock);
		const taken = clock.wall() - 12_000;
		// 400 frames of a second and a half: it ends at the live point, and frames follow as they are taken.
		for (let frame = 0; frame < 400; frame++) {
			const media = frame * 40;
			if (media > 12_000 + clock.now()) await clock.advance(media - 12_000 - clock.now());
			else if (frame % 10 === 0) await clock.advance(50);
			const dated = wall.at(media, clock.now(), () => 12_050);
			expect(Math.abs(dated - (taken + media))).toBeLessThan(25);
		}
	});

	it('believes no age that what follows does not make up for', async () => {
		const clock = new VirtualClock();
		const wall = new WallClock(clock);
		wall.at(0, clock.now(), () => 12_000);
		for (let media = 40; media <= 12_000; media += 40) {
			await clock.advance(40);
			wall.at(media, clock.now());
		}
		await clock.advance(40);
		expect(wall.at(12_040, clock.now())).toBe(clock.wall());
	});

	it('dates by a clock that was set back, after a break too', async () => {
		let set = 0;
		const clock = new VirtualClock();
		const wall = new WallClock({
			now: () => clock.now(),
			wall: () => clock.wall() - set,
			after: (delay, run) => clock.after(delay, run),
			every: (period, run) => clock.every(period, run),
		});
		wall.at(0, clock.now());
		set = 3_600_000;
		expect(wall.at(0, clock.now())).toBe(clock.wall() - set);
		wall.restart();
		expect(wall.at(40, clock.now())).toBe(clock.wall() - set);
		wall.restart();
		set = 7_200_000;
		expect(wall.at(80, clock.now(), () => 2000)).toBe(clock.wall() - set - 2000);
	});

	it('dates anew after a break, never back', async () => {
		const clock = new VirtualClock();
		const wall = new WallClock(clock);
		wall.at(0, clock.now());
		await clock.advance(10_000);
		// Nothing follows what came before: 2 s of time are missing.
		wall.restart();
		const again = wall.at(8000, clock.now(), () => 3000);
		expect(again).toBe(clock.wall() - 3000);
		wall.restart();
		expect(wall.at(8040, clock.now(), () => 5000)).toBe(again);
	});
});
