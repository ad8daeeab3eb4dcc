/** A pending timer of a `Clock`. */
export type Timer = { cancel(): void };

/** Time as a parameter: everything that waits or stamps takes a clock, so that tests can move it. */
export interface Clock {
	/** Monotonic milliseconds (fractional) since an arbitrary start. */
	now(): number;
	/** Wall-clock milliseconds since the Unix epoch. */
	wall(): number;
	/** Calls `run` once after `delay` milliseconds, unless cancelled. Does not keep the process alive. */
	after(delay: number, run: () => void): Timer;
	/** Calls `run` every `period` milliseconds until cancelled. Does not keep the process alive. */
	every(period: number, run: () => void): Timer;
}

/** The machine's clock. The only place that reads it. */
export const systemClock: Clock = {
	now: () => performance.now(),
	wall: () => Date.now(),
	after(delay, run) {
		const timer = setTimeout(run, delay);
		timer.unref();
		return { cancel: () => clearTimeout(timer) };
	},
	every(period, run) {
		const timer = setInterval(run, period);
		timer.unref();
		return { cancel: () => clearInterval(timer) };
	},
};
