import { describe, expect, test } from 'vitest';
import { HoldBack } from '../../../src/web/player/hls/hold-back.ts';

function fakeVideo(...ranges: [number, number][]) {
	return {
		currentTime: 0,
		playbackRate: 1,
		ranges,
		get buffered() {
			return {
				length: this.ranges.length,
				start: (index: number) => this.ranges[index]?.[0] ?? Number.NaN,
				end: (index: number) => this.ranges[index]?.[1] ?? Number.NaN,
			};
		},
	};
}

describe('holding back a live HLS picture', () => {
	test('until one and a half segments lie ahead', () => {
		const video = fakeVideo();
		const hold = new HoldBack(video);
		expect(hold.opening).toBe(true);
		expect(video.playbackRate).toBe(0);
		hold.update(2);
		video.ranges = [[0, 2]];
		hold.update(2);
		expect(video.playbackRate).toBe(0);
		video.ranges = [[0, 4]];
		hold.update(2);
		expect(video.playbackRate).toBe(1);
	});

	test.each([
		['parts', 0.2, 0.6],
		['segments', 2, 4],
	] as const)('beside another picture until nothing can be missed: %s', (kind, target, enough) => {
		const video = fakeVideo([0, enough - 0.02]);
		const hold = new HoldBack(video, kind);
		hold.update(target);
		expect([hold.held, video.playbackRate]).toEqual([true, 0]);
		video.ranges = [[0, enough - 1e-9]];
		hold.update(target);
		expect([hold.held, video.playbackRate]).toEqual([false, 1]);
		// From here on it is like any other.
		hold.hold();
		video.ranges = [[0, 1.5 * target]];
		hold.update(target);
		expect(hold.held).toBe(false);
	});

	test('does not touch a picture that moves', () => {
		const video = fakeVideo([0, 10]);
		const hold = new HoldBack(video);
		hold.update(2);
		video.currentTime = 9.5;
		video.playbackRate = 1.1;
		hold.update(2);
		expect(video.playbackRate).toBe(1.1);
	});

	test('does not hold a picture that stops with enough ahead: it is decoded late, and goes on by itself', () => {
		const video = fakeVideo([0, 4]);
		const hold = new HoldBack(video);
		hold.update(2);
		video.currentTime = 0.9;
		hold.hold();
		expect([hold.held, video.playbackRate]).toEqual([false, 1]);
		video.currentTime = 1.1;
		hold.hold();
		expect([hold.held, video.playbackRate]).toEqual([true, 0]);
	});

	test('holds again when the data ran out', () => {
		const video = fakeVideo([0, 4]);
		const hold = new HoldBack(video);
		hold.update(2);
		video.currentTime = 4;
		hold.hold();
		video.ranges = [[0, 6]];
		hold.update(2);
		expect(video.playbackRate).toBe(0);
		expect(hold).toMatchObject({ held: true, opening: false });
		video.ranges = [[0, 8]];
		hold.update(2);
		expect(video.playbackRate).toBe(1);
	});

	test('counts what follows the position, not what is behind or beyond a gap', () => {
		const video = fakeVideo([0, 4], [10, 12]);
		video.currentTime = 10;
		const hold = new HoldBack(video);
		hold.update(2);
		expect(video.playbackRate).toBe(0);
		video.ranges = [
			[0, 4],
			[10.05, 14],
		];
		hold.update(2);
		expect(video.playbackRate).toBe(1);
	});

	test('lets go at the end', () => {
		const video = fakeVideo();
		new HoldBack(video).release();
		expect(video.playbackRate).toBe(1);
	});
});
