import type { Clock } from '../../base/clock.ts';
import type { Cluster } from '../cluster.ts';

/**
 * Waits until the cluster is as wished.
 *
 * @param read what is waited for; undefined as long as it is not there
 * @param limit.patience milliseconds
 * @returns undefined when it did not come in time, or the signal was aborted
 */
export function awaitChange<Value>(
	cluster: Pick<Cluster, 'onChange'>,
	read: () => Value | undefined,
	{ clock, patience, signal }: { readonly clock: Clock; readonly patience: number; readonly signal: AbortSignal },
): Promise<Value | undefined> {
	const known = read();
	if (known !== undefined || signal.aborted) return Promise.resolve(signal.aborted ? undefined : known);
	return new Promise((resolve) => {
		const settle = (value: Value | undefined) => {
			unwatch();
			late.cancel();
			signal.removeEventListener('abort', stop);
			resolve(value);
		};
		const stop = () => settle(undefined);
		const unwatch = cluster.onChange(() => {
			const value = read();
			if (value !== undefined) settle(value);
		});
		const late = clock.after(patience, stop);
		signal.addEventListener('abort', stop, { once: true });
	});
}
