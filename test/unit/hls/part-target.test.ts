import { expect, it } from 'vitest';
import { Continuity } from '../../../src/hls/continuity.ts';
import { PartTarget } from '../../../src/hls/segments/part-target.ts';

/** The promise for 0.2 s asked for after these frames, in seconds; 0 when it waits for more. */
function promised(frames: readonly number[], aim = 0.2): number {
	const target = new PartTarget(aim, new Continuity());
	for (const frame of frames) target.see(frame);
	target.settle();
	return target.seconds;
}

it('is not promised by two frames, but by two that took ten seconds', () => {
	expect(promised([4.9, 4.9])).toBe(0);
	expect(promised([5, 5])).toBeGreaterThan(5);
	expect(promised([0.04, 0.04])).toBe(0);
	expect(promised([0.04, 0.04, 0.04])).toBeGreaterThan(0);
});

it('is three quarters of what was asked for at least, where the first segment is shorter', () => {
	const short = promised([0.04, 0.04, 0.04], 1);
	expect(short).toBeGreaterThanOrEqual(0.75);
	expect(short).toBeLessThan(0.8);
});

it.each([
	['pictures as ever', 0.04, 0.6, false],
	['pictures as ever', 0.04, 0.5, true],
	['few pictures, whose next segment has no parts', 0.5, 1.2, true],
] as const)('after %s of %d s, that %d s left over are made up for is %s', (_, frame, rest, expected) => {
	const target = new PartTarget(0.2, new Continuity());
	for (let count = 0; count < 25; count++) target.see(0.04);
	target.settle();
	target.endSegment();
	for (let count = 0; count < 4; count++) target.see(frame);
	expect(target.makesUpFor(rest)).toBe(expected);
});
