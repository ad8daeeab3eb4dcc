import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line: how many tests passed, failed and were skipped. */
export default class ClosingLine implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
		for (const module of modules) {
			if (module.errors().length > 0) counts.failed++;
			for (const test of module.children.allTests()) counts[test.result().state]++;
		}
		const skipped = counts.skipped + counts.pending;
		const tail = skipped > 0 ? `, ${skipped} skipped` : '';
		process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${tail}\n`);
	}
}
