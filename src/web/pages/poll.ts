import { type Clock, sleep } from '../clock.ts';

const REQUEST_TIMEOUT_MS = 5000;

/** What is asked again and again, and how. */
export type PollOptions<Value> = {
	load: (signal: AbortSignal) => Promise<Value>;
	/** @returns `end` when asking again would bring the same */
	onValue: (value: Value) => 'go-on' | 'end';
	periodMs: number;
	clock: Clock;
	/** Nobody looks: nothing is asked until this is false again. */
	hidden: () => boolean;
	signal: AbortSignal;
};

/** Asks at once and then every period, never twice at a time, until it knows enough or the signal is aborted. */
export async function poll<Value>({
	load,
	onValue,
	periodMs,
	clock,
	hidden,
	signal,
}: PollOptions<Value>): Promise<void> {
	while (!signal.aborted) {
		if (!hidden()) {
			const limit = new AbortController();
			const abort = () => limit.abort();
			const cancel = clock.after(REQUEST_TIMEOUT_MS, abort);
			signal.addEventListener('abort', abort);
			const value = await load(limit.signal);
			cancel();
			signal.removeEventListener('abort', abort);
			if (signal.aborted) return;
			if (onValue(value) === 'end') return;
		}
		await sleep(clock, periodMs, signal);
	}
}
