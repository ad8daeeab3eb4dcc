import { expect, it } from 'vitest';
import { ReportClock } from '../../../../src/rtsp/server/relay/report-clock.ts';

it('follows a drift so slowly that time never runs backwards by more than it passed', () => {
	const clock = new ReportClock();
	expect(clock.at(0, 1_000_000)).toBe(1_000_000);
	// The stream's relation moves back by 100 ms.
	let last = clock.at(20, 1_000_020);
	for (let media = 40; media < 60_000; media += 20) {
		const wall = clock.at(media, 1_000_000 + media - 100);
		expect(wall - last).toBeGreaterThan(19.9);
		last = wall;
	}
	expect(last).toBeCloseTo(1_000_000 + 59_980 - 12, 0);
});

it('takes a clock that was set at once', () => {
	const clock = new ReportClock();
	clock.at(0, 1_000_000);
	expect(clock.at(20, 2_000_000)).toBe(2_000_000);
});

it('has one relation for all tracks', () => {
	const clock = new ReportClock();
	clock.at(0, 1_000_000);
	expect(clock.at(1000, 1_001_050) - clock.at(990, 1_001_040)).toBeCloseTo(10, 6);
});
