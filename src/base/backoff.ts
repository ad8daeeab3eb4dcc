/** Limits of a retry delay, in milliseconds. */
export type BackoffOptions = { first: number; cap: number };

/**
 * Capped exponential backoff with full jitter on the upper half: attempt 1 waits 0.5 to 1 times `first`,
 * each further attempt twice as long, never above `cap`.
 *
 * @param attempt 1 for the first retry
 * @param random a number in [0, 1)
 * @returns the delay in milliseconds
 */
export function backoffDelay(options: BackoffOptions, attempt: number, random: number): number {
	const ceiling = Math.min(options.cap, options.first * 2 ** Math.min(attempt - 1, 30));
	return ceiling * (0.5 + random / 2);
}
