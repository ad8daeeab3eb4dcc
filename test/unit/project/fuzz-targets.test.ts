import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TARGETS } from '../../fuzz/targets.ts';

it('there are as many fuzz targets as the README says', () => {
	const said = [...readFileSync('README.md', 'utf8').matchAll(/(\d+)\s+fuzz targets/g)].map(([, count]) =>
		Number(count),
	);
	expect(said).toEqual([TARGETS.length]);
});
