import type { Clip } from '../../../src/demo/clip.ts';

/** 200 ms: five pictures of 40 ms, the first of them key, and ten sounds of 20 ms. */
export const tinyClip: Clip = {
	duration: 0.2,
	video: {
		kind: 'video',
		codec: 'h264',
		id: 0,
		clockRate: 90_000,
		parameterSets: { sps: Uint8Array.of(0x67, 100, 0, 31), pps: Uint8Array.of(0x68, 1) },
	},
	pictures: Array.from({ length: 5 }, (_, n) => ({
		time: n * 3600,
		key: n === 0,
		nalus: [Uint8Array.of(n === 0 ? 0x65 : 0x41, n)],
	})),
	audio: { kind: 'audio', codec: 'opus', id: 1, clockRate: 48_000, channels: 2 },
	sounds: Array.from({ length: 10 }, (_, n) => ({ time: n * 960, data: Uint8Array.of(0xfc, n) })),
};
