import { z } from 'zod';

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A duration: `500ms`, `5s`, `1m`, `1h`, or a number of seconds.
 *
 * @returns milliseconds; undefined when it is none
 */
export function parseDuration(value: string | number): number | undefined {
	if (typeof value === 'number') return value * 1000;
	const [, amount, unit] = DURATION.exec(value.trim()) ?? [];
	const factor = UNIT_MS[unit ?? ''];
	return factor === undefined ? undefined : Number(amount) * factor;
}

/** A duration from `min` to `max` milliseconds, both included; milliseconds when parsed. */
export function duration(min: number, max: number) {
	const error = `expected a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 5s, 500ms or 1m`;
	return z.union([z.string(), z.number()], { error }).transform((value, context) => {
		const milliseconds = parseDuration(value);
		if (milliseconds !== undefined && milliseconds >= min && milliseconds <= max) return milliseconds;
		context.addIssue({ code: 'custom', message: error, input: value });
		return z.NEVER;
	});
}

/** `1500` → `1500ms`, `5000` → `5s`. */
function formatDuration(milliseconds: number): string {
	const unit = ['h', 'm', 's'].find((name) => milliseconds > 0 && milliseconds % (UNIT_MS[name] ?? 1) === 0) ?? 'ms';
	return `${milliseconds / (UNIT_MS[unit] ?? 1)}${unit}`;
}
