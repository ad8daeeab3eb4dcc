import { html, type TemplateResult } from 'lit';

const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 2;
/** A line that moves less than this share of its height is drawn flat: noise is no news. */
const CALM = 0.25;

/** Values over time as a small line; it says nothing that is not written beside it. */
export function sparkline(values: readonly number[]): TemplateResult {
	const points = pointsOf(values);
	const area = points === '' ? '' : `${points} ${WIDTH},${HEIGHT} 0,${HEIGHT}`;
	return html`
		<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
			<polygon points=${area} />
			<polyline points=${points} />
		</svg>
	`;
}

/** Points of a polyline in a box of 120 × 28; empty for fewer than two values. */
export function pointsOf(values: readonly number[]): string {
	if (values.length < 2) return '';
	const highest = Math.max(...values);
	const lowest = Math.min(...values);
	const middle = (highest + lowest) / 2;
	const range = Math.max(highest - lowest, highest * CALM, Number.MIN_VALUE);
	const height = HEIGHT - 2 * MARGIN;
	return values
		.map((value, index) => {
			const x = (index / (values.length - 1)) * WIDTH;
			const y = HEIGHT / 2 - ((value - middle) / range) * height;
			return `${rounded(x)},${rounded(y)}`;
		})
		.join(' ');
}

function rounded(value: number): number {
	return Math.round(value * 10) / 10;
}
