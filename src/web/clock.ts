/** Time as a parameter: whatever waits or stamps takes a clock, so that tests can move it. */
export interface Clock {
	/** Monotonic milliseconds. */
	now(): number;
	/** Calls `run` once after `delayMs`, unless the returned function was called before. */
	after(delayMs: number, run: () => void): () => void;
}

/** The browser's clock. */
export const browserClock: Clock = {
	now: () => performance.now(),
	after(delayMs, run) {
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	},
};

/** Resolves after `delayMs`, or at once when the signal is aborted. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		const wake = () => {
			cancel();
			signal.removeEventListener('abort', wake);
			resolve();
		};
		const cancel = clock.after(delayMs, wake);
		signal.addEventListener('abort', wake);
	});
}
