import { type BackoffOptions, backoffDelay } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { SourceError, toError } from '../base/errors.ts';
import { redact } from '../base/redact.ts';
import type { Source, SourceSink } from './source.ts';

export type SupervisorOptions = {
	source: Source;
	sink: SourceSink;
	clock: Clock;
	/** A number in [0, 1). */
	random: () => number;
	backoff: BackoffOptions;
	/** Why the run is to be given up although it goes on; asked regularly once tracks are announced. */
	stalled(): SourceError | undefined;
	/** Milliseconds over which the run that announced tracks last has delivered media. */
	delivered(): number;
	/** A run begins. `attempt` counts from 1 and starts over after a run that delivered media for long enough. */
	onAttempt(attempt: number): void;
	/** A run ended, not by the signal. Says whether to try again. */
	onFailure(error: SourceError, attempt: number): 'retry' | 'stop';
};

const WATCH_PERIOD_MS = 500;
/** A run that has not announced its tracks by then is given up, whatever the source is waiting for. */
const ANNOUNCE_LIMIT_MS = 30_000;
/** A camera that delivered media for so long was good. One that only answers may close at once, again and again. */
const GOOD_RUN_MS = 3_000;

/**
 * Keeps a source running: the only place that retries. It runs the source, watches that media keeps coming, and
 * after a failure waits by capped exponential backoff, until the signal is aborted or `onFailure` says stop.
 * The promise settles when the source has said goodbye; it never rejects.
 */
export async function supervise(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
	let attempt = 0;
	while (!signal.aborted) {
		attempt++;
		options.onAttempt(attempt);
		const { error, good } = await runOnce(options, signal);
		if (signal.aborted) return;
		if (good) attempt = 1;
		if (options.onFailure(error, attempt) === 'stop') return;
		await pause(options.clock, backoffDelay(options.backoff, attempt, options.random()), signal);
	}
}

async function runOnce(
	options: SupervisorOptions,
	signal: AbortSignal,
): Promise<{ error: SourceError; good: boolean }> {
	const { source, sink, clock } = options;
	const run = new AbortController();
	const abort = () => run.abort();
	signal.addEventListener('abort', abort, { once: true });
	let announced = false;
	let stalled: SourceError | undefined;
	const limit = clock.now() + ANNOUNCE_LIMIT_MS;
	const watch = clock.every(WATCH_PERIOD_MS, () => {
		if (stalled) return;
		stalled = announced ? options.stalled() : clock.now() < limit ? undefined : neverReady();
		if (stalled) run.abort();
	});
	const watched: SourceSink = {
		onTracks(tracks, skipped, connection) {
			announced = true;
			sink.onTracks(tracks, skipped, connection);
		},
		onPacket: (trackId, packet, arrival) => sink.onPacket(trackId, packet, arrival),
		onSenderReport: (trackId, report, arrival) => sink.onSenderReport(trackId, report, arrival),
	};
	const good = () => announced && options.delivered() >= GOOD_RUN_MS;
	try {
		await source.run(watched, run.signal);
		return { error: stalled ?? new SourceError('camera_closed', 'the camera ended the session'), good: good() };
	} catch (thrown) {
		return { error: stalled ?? asSourceError(thrown), good: good() };
	} finally {
		watch.cancel();
		signal.removeEventListener('abort', abort);
	}
}

function neverReady(): SourceError {
	const seconds = ANNOUNCE_LIMIT_MS / 1000;
	return new SourceError('camera_timeout', `the camera answers but did not get ready in ${seconds} s; trying again`);
}

function asSourceError(thrown: unknown): SourceError {
	if (thrown instanceof SourceError) return thrown;
	return new SourceError('camera_protocol', redact(toError(thrown).message), { cause: thrown });
}

function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			timer.cancel();
			signal.removeEventListener('abort', done);
			resolve();
		};
		const timer = clock.after(delay, done);
		signal.addEventListener('abort', done, { once: true });
	});
}
