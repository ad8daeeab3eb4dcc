/** Seconds behind the aim at which catching up begins, and at which it ends. */
const BEGIN = 0.1;
const END = 0.03;
/** Of a second behind, that is caught up in each second. */
const EAGERNESS = 0.25;
/** Nobody minds a rate up to this. */
const FASTEST = 1.12;

/**
 * How fast a live picture plays so that it comes back to where it should be. All times are in seconds.
 *
 * @param behind distance from where it should be
 * @param ahead what is buffered
 * @param part how much comes at once; with less than this ahead it is not hurried
 * @param rate the present one
 */
export function catchUpRate(behind: number, ahead: number, part: number, rate: number): number {
	const begins = behind > (rate > 1 ? END : BEGIN);
	if (!begins || ahead < part) return 1;
	return Math.min(FASTEST, 1 + EAGERNESS * behind);
}
