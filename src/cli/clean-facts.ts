import { DualcastError } from '../base/errors.ts';
import type { LogFacts } from '../base/logger.ts';
import { redact } from '../base/redact.ts';

const MAX_DEPTH = 4;
const SECRET_KEY = /passw|secret|token|authorization|credential/i;

/** Facts as they may be logged: secrets taken out, errors as plain values, nothing deep and no bytes. */
export function cleanFacts(facts: LogFacts): Record<string, unknown> {
	return cleanObject(facts, 0);
}

function cleanObject(object: object, depth: number): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(object).map(([key, value]) => [key, SECRET_KEY.test(key) ? '***' : clean(value, depth + 1)]),
	);
}

function clean(value: unknown, depth: number): unknown {
	if (typeof value === 'string') return redact(value);
	if (typeof value === 'bigint') return value.toString();
	if (typeof value !== 'object' || value === null) return value;
	if (depth > MAX_DEPTH) return '…';
	if (value instanceof Error) return cleanError(value, depth);
	if (value instanceof URL) return redact(value.href);
	if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
	if (Array.isArray(value)) return value.map((entry) => clean(entry, depth + 1));
	return cleanObject(value, depth);
}

/** The project's own errors speak for themselves; any other shows where it came from. */
function cleanError(error: Error, depth: number): Record<string, unknown> {
	return {
		...('code' in error && { code: error.code }),
		message: redact(error.message),
		...(!(error instanceof DualcastError) && error.stack && { stack: redact(error.stack) }),
		...(error.cause !== undefined && { cause: clean(error.cause, depth + 1) }),
		...(error instanceof AggregateError && { errors: clean(error.errors, depth + 1) }),
	};
}
