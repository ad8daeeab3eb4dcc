import { defineConfig } from 'vitest/config';

/** Files that watch frames, latencies or takeovers of real players: one at a time. */
const ALONE = [
	'cameras',
	'cluster-faults',
	'cluster-viewers',
	'hls-check',
	'hls-players',
	'lip-sync',
	'pages',
	'players',
	'webrtc-players',
	'whep',
].map((name) => `test/e2e/${name}.test.ts`);

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
					testTimeout: 20_000,
					maxWorkers: 2,
				},
			},
			{
				test: {
					name: 'integration',
					sequence: { groupOrder: 1 },
					include: ['test/integration/**/*.test.ts'],
					testTimeout: 60_000,
					hookTimeout: 60_000,
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
					name: 'e2e-alone',
					sequence: { groupOrder: 3 },
					include: ALONE,
					fileParallelism: false,
				},
			},
		],
	},
});
