/**
 * Asks until the answer pleases, and returns it.
 *
 * @throws Error with the last answer when it never did in `deadlineMs`
 */
export async function eventually<Value>(
	ask: () => Value | Promise<Value>,
	pleases: (value: Value) => boolean,
	deadlineMs: number,
	periodMs = 50,
): Promise<Value> {
	const end = performance.now() + deadlineMs;
	for (;;) {
		const value = await ask();
		if (pleases(value)) return value;
		if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms; at last ${JSON.stringify(value)}`);
		await new Promise((resolve) => setTimeout(resolve, periodMs));
	}
}
