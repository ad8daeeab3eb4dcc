import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../../src/web/pages/page.css', import.meta.url), 'utf8');
/** WCAG 2.2, 1.4.3 */
const LEAST = 4.5;

type Color = readonly number[];

function variable(name: string, scheme: 'light' | 'dark'): Color {
	const [, light = '', dark = ''] = new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`).exec(css) ?? [];
	return [...Buffer.from(scheme === 'light' ? light : dark, 'hex')].map((value) => value / 255);
}

/** The declarations of a rule. */
function rule(selector: string): string {
	const start = css.indexOf(`\n${selector} {`);
	return start < 0 ? '' : css.slice(start, css.indexOf('}', start));
}

const mixed = (over: Color, share: number, under: Color) =>
	over.map((value, index) => value * share + (under[index] ?? 0) * (1 - share));

function luminance(color: Color): number {
	const [r = 0, g = 0, b = 0] = color.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: Color, other: Color): number {
	const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('words on the %s pages can be read', (scheme) => {
	test.each(['quiet', 'live', 'busy', 'trouble'])('a pill that is %s', (tone) => {
		const share = Number(/currentcolor (\d+)%/.exec(rule('.pill'))?.[1]) / 100;
		const color = variable(tone, scheme);
		for (const ground of ['ground', 'surface']) {
			expect(contrast(color, mixed(color, share, variable(ground, scheme)))).toBeGreaterThanOrEqual(LEAST);
		}
	});

	test('when a camera failed', () => {
		const [ground, color] = [variable('trouble-ground', scheme), variable('trouble', scheme)];
		const opacity = Number(/opacity: ([\d.]+)/.exec(rule('.notes .trouble .quiet'))?.[1] ?? 1);
		expect(contrast(mixed(color, opacity, ground), ground)).toBeGreaterThanOrEqual(LEAST);
	});

	test.each(['ground', 'surface', 'sunken'])('what is quiet, on the %s', (ground) => {
		expect(contrast(variable('quiet', scheme), variable(ground, scheme))).toBeGreaterThanOrEqual(LEAST);
	});
});
