import { defineConfig } from 'vitest/config';

/** Files that watch frames, latencies or takeovers of real players: one at a time. */
const ALONE = [
	'integration/hls-fmp4-players',
	'integration/hls-players',
	'integration/native-transport',
	'integration/rtsp-hostile',
	'integration/webrtc-session',
	'integration/webrtc-slow-link',
	'e2e/cameras',
	'e2e/cluster-faults',
	'e2e/cluster-viewers',
	'e2e/hls-check',
	'e2e/hls-players',
	'e2e/hls-silent-sound',
	'e2e/lip-sync',
	'e2e/pages',
	'e2e/players',
	'e2e/webrtc-players',
	'e2e/whep',
].map((name) => `test/${name}.test.ts`);

const END_TO_END = { testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
	test: {
		reporters: ['default', './test/closing-line.ts'],
		projects: [
			{
				test: {
					name: 'unit',
					sequence: { groupOrder: 0 },
					include: ['test/unit/**/*.test.ts'],
					testTimeout: 60_000,
					maxWorkers: 2,
				},
			},
			{
				test: {
					name: 'integration',
					sequence: { groupOrder: 1 },
					include: ['test/integration/**/*.test.ts'],
					exclude: ALONE,
					testTimeout: 60_000,
					hookTimeout: 60_000,
					maxWorkers: 2,
				},
			},
			{
				test: {
					...END_TO_END,
					name: 'e2e',
					sequence: { groupOrder: 2 },
					include: ['test/e2e/**/*.test.ts'],
					exclude: ALONE,
					maxWorkers: 2,
				},
			},
			{
				test: {
					...END_TO_END,
					name: 'alone',
					sequence: { groupOrder: 3 },
					include: ALONE,
					fileParallelism: false,
				},
			},
		],
	},
});
