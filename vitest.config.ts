import { defineConfig } from 'vitest/config';

/** Files that take both processors, or time sound, pictures or takeovers closely: one at a time. */
const ALONE = [
	'integration/native-transport',
	'e2e/cluster-faults',
	'e2e/hls-check',
	'e2e/hls-players',
	'e2e/lip-sync',
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
