import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseQuirk, QUIRKS, quirkNames, readQuirk } from '../../camera/quirk-file.ts';
import { CAMERAS_PAGE, cameraTable, OTHER_TESTS, ROWS } from '../../camera/quirk-table.ts';

const quirks = quirkNames().map((name) => ({ name: name.replace('.yaml', ''), ...readQuirk(name) }));

describe('the misbehaving cameras', () => {
	it('are at least a hundred', () => {
		expect(quirks.length).toBeGreaterThanOrEqual(100);
	});

	it('are named by what is odd, each differently', () => {
		expect(new Set(quirks.map(({ quirk }) => quirk)).size).toBe(quirks.length);
		for (const { name } of quirks) expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
	});

	it.each([
		['a misspelt key', 'expect:', 'expects:', 'expects'],
		['a misspelt expectation', '  reports:', '  report:', 'report'],
		['a misspelt step', '- rtcp: sr', '- rtpc: sr', 'rtpc'],
		['a step with two actions', '- rtcp: sr', '- rtcp: sr\n      h264: [idr]', 'name one action'],
		['a row that does not exist', 'rules: [10, 11]', 'rules: [25]', 'rules[0]'],
	])('may not have %s', (_, good, bad, named) => {
		const text = readFileSync(`${QUIRKS}/reolink-report-before-play-answer.yaml`, 'utf8');
		expect(() => parseQuirk('x.yaml', text)).not.toThrow();
		expect(text).toContain(good);
		expect(() => parseQuirk('x.yaml', text.replace(good, bad))).toThrow(named);
	});

	it('are as many as the README says', () => {
		for (const [, said] of readFileSync('README.md', 'utf8').matchAll(/(\d+) camera quirks/g)) {
			expect(Number(said)).toBe(quirks.length);
		}
	});

	it('expect something each', () => {
		expect(quirks.filter((quirk) => Object.keys(quirk.expect).length === 0)).toEqual([]);
	});

	it.each(ROWS)('cover row $row: $rule', ({ row }) => {
		const files = quirks.filter(({ rules }) => rules.includes(row)).length;
		const tests = OTHER_TESTS.filter((test) => test.rules.includes(row)).length;
		expect(files + tests).toBeGreaterThan(0);
	});

	it.each(OTHER_TESTS)('lean on a test that is there: $title', ({ file, title }) => {
		expect(existsSync(file) && readFileSync(file, 'utf8')).toContain(title);
	});

	it(`are all in ${CAMERAS_PAGE}; to write it anew: npx vitest run --project unit test/unit/project/quirks -u`, async () => {
		const page = readFileSync(CAMERAS_PAGE, 'utf8');
		await expect(cameraTable(page, quirks)).toMatchFileSnapshot(`../../../${CAMERAS_PAGE}`);
	});
});
