import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import type { Source } from '../stream/source.ts';
import { probe } from './probe.ts';
import type { ProbeReport } from './report.ts';

/** Probes at once, all callers together. */
export const MAX_PROBES = 4;

/** Runs probes for others, a few at a time. */
export class ProbeDesk {
	readonly #clock: Clock;
	readonly #running = new Map<AbortController, Promise<ProbeReport>>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** @throws DualcastError `too_many_probes`; as `probe` does */
	async run(source: Source, signal: AbortSignal): Promise<ProbeReport> {
		if (this.#running.size >= MAX_PROBES) {
			throw new DualcastError('too_many_probes', `${MAX_PROBES} cameras are being probed; try again in a few seconds`);
		}
		const abort = new AbortController();
		const run = probe({ source, clock: this.#clock, signal: AbortSignal.any([abort.signal, signal]) });
		this.#running.set(abort, run);
		try {
			return await run;
		} finally {
			this.#running.delete(abort);
		}
	}

	/** Ends every probe and waits until the cameras were told. */
	async close(): Promise<void> {
		const running = [...this.#running.values()];
		const reason = new DualcastError('stream_closed', 'Dualcast is being stopped');
		for (const abort of this.#running.keys()) abort.abort(reason);
		await Promise.allSettled(running);
	}
}
