import type { Clock } from '../clock.ts';

export type FirstAnswerOptions<Answer> = {
	/** Ask one place each; what they began ends with their signal. */
	asks: readonly ((signal: AbortSignal) => Promise<Answer>)[];
	/** Whether a failure says that the others would fail as well. */
	isFinal: (failure: unknown) => boolean;
	/** Takes an answer that came all the same when none was wanted any more. */
	onLate?: (answer: Answer) => void;
	clock: Clock;
	signal: AbortSignal;
};

/** Who says nothing for so long is not waited for alone: a viewer is to be elsewhere within five seconds. */
export const SILENCE_MS = 1500;

/**
 * Asks one place after the other: the next one at once when one fails, and beside it when it is silent. The first answer
 * ends the others.
 *
 * @throws the final failure, or the last one; the signal's reason
 */
export function firstAnswer<Answer>(options: FirstAnswerOptions<Answer>): Promise<Answer> {
	const { asks, isFinal, onLate, clock, signal } = options;
	return new Promise((resolve, reject) => {
		const waiting = [...asks];
		const asked = new Set<AbortController>();
		let cancelSilence = () => {};
		let settled = false;
		const settle = (end: () => void) => {
			if (settled) return;
			settled = true;
			cancelSilence();
			signal.removeEventListener('abort', stop);
			for (const each of asked) each.abort();
			end();
		};
		const stop = () => settle(() => reject(signal.reason));
		const askNext = () => {
			cancelSilence();
			const ask = waiting.shift();
			if (!ask) return;
			const own = new AbortController();
			asked.add(own);
			if (waiting.length > 0) cancelSilence = clock.after(SILENCE_MS, askNext);
			ask(own.signal).then(
				(answer) => {
					asked.delete(own);
					if (settled) onLate?.(answer);
					else settle(() => resolve(answer));
				},
				(failure: unknown) => {
					asked.delete(own);
					if (settled) return;
					if (isFinal(failure) || (waiting.length === 0 && asked.size === 0)) settle(() => reject(failure));
					else askNext();
				},
			);
		};
		if (signal.aborted) return stop();
		signal.addEventListener('abort', stop, { once: true });
		askNext();
	});
}
