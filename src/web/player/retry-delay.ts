const FIRST_MS = 500;
const CAP_MS = 10_000;

/**
 * Milliseconds to wait before a retry: doubles from half a second to ten seconds, and is spread over its upper
 * half so that the viewers of a restarted gateway do not come back all at once.
 *
 * @param attempt 1 for the first retry
 * @param random a number in [0, 1)
 */
export function retryDelayMs(attempt: number, random: number): number {
	const ceiling = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10));
	return ceiling * (0.5 + random / 2);
}
