import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readClip } from '../../../src/demo/clip.ts';
import { NAL, nalType } from '../../../src/media/codecs/h264.ts';

const PATH = 'assets/demo.mp4';

describe('the demo clip', () => {
	const clip = readClip(readFileSync(PATH));

	it('is small enough to live in the repository', () => {
		expect(statSync(PATH).size).toBeLessThan(3_000_000);
	});

	it('has 24 s of pictures at 30 per second, a key picture every 2 s', () => {
		expect(clip.duration).toBe(24);
		expect(clip.video.clockRate).toBe(90_000);
		expect(clip.pictures.map((picture) => picture.time)).toEqual(Array.from({ length: 720 }, (_, n) => n * 3000));
		for (const [n, picture] of clip.pictures.entries()) {
			expect(picture.key).toBe(n % 60 === 0);
			expect(picture.nalus.map(nalType)).toEqual([picture.key ? NAL.idr : NAL.slice]);
		}
	});

	it('is H.264 High', () => {
		expect(nalType(clip.video.parameterSets.sps)).toBe(NAL.sps);
		expect(nalType(clip.video.parameterSets.pps)).toBe(NAL.pps);
		expect(clip.video.parameterSets.sps[1]).toBe(100);
	});

	it('has Opus packets of 20 ms for as long as the pictures last', () => {
		expect(clip.audio).toMatchObject({ codec: 'opus', clockRate: 48_000, channels: 2 });
		expect(clip.sounds.map((sound) => sound.time)).toEqual(Array.from({ length: 1200 }, (_, n) => n * 960));
	});
});

describe('readClip', () => {
	it('says what is wrong with a file', () => {
		expect(() => readClip(new Uint8Array(0))).toThrow('no H.264 track');
		expect(() => readClip(new TextEncoder().encode('this is not a film'))).toThrow('no H.264 track');
		expect(() => readClip(readFileSync(PATH).subarray(0, 500_000))).toThrow('cut short');
	});
});
