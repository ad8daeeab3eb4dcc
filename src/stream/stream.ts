import type { Timer } from '../base/clock.ts';
import { DualcastError, type SourceError } from '../base/errors.ts';
import type { Track } from '../media/track.ts';
import { Demand } from './demand.ts';
import { Ingest } from './ingest.ts';
import type { ClaimOptions, Lease, StreamFace, StreamReader } from './reader.ts';
import { ReaderSet } from './reader-set.ts';
import { judgeSilence, type TrackSilence } from './silence.ts';
import { StartLimit, startedLate } from './start-limit.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamState } from './stream-state.ts';
import { supervise } from './supervisor.ts';
import { Verdict } from './verdict.ts';

/** The last failure of a stream's source, kept for the API. */
export type LastError = {
	readonly error: SourceError;
	readonly at: number;
	/** The camera was reached since. */
	readonly over?: true;
};

/**
 * One camera and everybody who reads it. It outlives its source: readers stay while the source reconnects, and
 * between two times of demand it is idle.
 */
export class Stream implements StreamFace {
	readonly id: string;
	readonly ingest: Ingest;
	readonly #options: StreamOptions;
	readonly #readers: ReaderSet;
	readonly #demand: Demand;
	#state: StreamState;
	#run: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
	readonly #verdict: Verdict;
	/** The camera last sent these tracks and has not failed since. */
	#trusted = false;
	readonly #startLimit: StartLimit;
	#closed = false;
	#again: Timer | undefined;
	#startedAt = 0;
	lastError: LastError | undefined;
	reconnects = 0;
	errors = 0;
	/** Milliseconds from the last start of the source to its first key picture. */
	firstKeyAfter: number | undefined;
	/** Sound that stopped while pictures go on. */
	muted: readonly TrackSilence[] = [];

	constructor(options: StreamOptions) {
		this.id = options.id;
		this.#options = options;
		this.#state = { name: 'idle', since: options.clock.wall() };
		this.#readers = new ReaderSet(options.logger);
		this.#verdict = new Verdict(options.clock, options.retryPause);
		this.#startLimit = new StartLimit(options.clock, options.startTimeout, () => this.#onStartLimit());
		this.#demand = new Demand({
			clock: options.clock,
			linger: options.closeAfter,
			lingers: () => this.ready,
			onIdle: () => void this.#stop(),
		});
		this.ingest = new Ingest(options.clock, {
			onTracks: (tracks) => this.#onTracks(tracks),
			onUnit: (unit) => {
				// Who comes now waits for the next run.
				if (this.#state.name === 'closing') return;
				if (this.firstKeyAfter === undefined && unit.kind === 'video' && !unit.refresh) {
					this.firstKeyAfter = options.clock.now() - this.#startedAt;
				}
				this.#readers.deliver(unit);
			},
		});
		if (!options.onDemand) {
			this.#demand.hold();
			this.#start();
		}
	}

	get state(): StreamState {
		return this.#state;
	}

	get label(): string {
		return this.#options.source.label;
	}

	get onDemand(): boolean {
		return this.#options.onDemand;
	}

	get tracks(): readonly Track[] {
		return this.ingest.tracks;
	}

	get readers(): ReaderSet {
		return this.#readers;
	}

	attach(reader: StreamReader, options: { replay: boolean }): () => void {
		const failure = this.#verdict.standing;
		if (this.#closed || failure || !this.#run) {
			reader.onEnd(failure);
			return () => {};
		}
		return this.#readers.attach(reader, options.replay, this.tracks);
	}

	/** Tracks are announced and, for video, known well enough to answer an offer. */
	get ready(): boolean {
		return this.#live || (this.#state.name === 'recovering' && this.#described);
	}

	get #live(): boolean {
		return this.#state.name === 'live' && this.#described;
	}

	/**
	 * Claims the stream for one viewer and waits for its tracks, or goes on with those of the last run; concurrent first
	 * viewers share one start.
	 *
	 * @throws SourceError the cause as soon as it is known; `camera_timeout` after the start timeout;
	 * DualcastError `stream_closed`; the signal's reason
	 */
	async claim(signal?: AbortSignal, { enough }: ClaimOptions = {}): Promise<Lease> {
		signal?.throwIfAborted();
		this.#assertOpen();
		if (this.#verdict.standing) throw this.#verdict.standing;
		const release = this.#demand.hold();
		try {
			this.#start();
			if (!this.#live) {
				const known = this.#trusted && this.#described && enough?.(this.tracks);
				if (known) this.#startLimit.begin();
				else await this.#demand.wait(this.#options.startTimeout, () => this.#timeout(), signal);
			}
			this.#assertOpen();
			return { stream: this, release };
		} catch (error) {
			release();
			throw error;
		}
	}

	/** Ends every reader, says goodbye to the camera and waits for it. Idempotent. */
	async close(): Promise<void> {
		if (!this.#closed) {
			this.#closed = true;
			this.#demand.reject(new DualcastError('stream_closed', `stream ${this.id} was closed`));
			this.#readers.end();
			this.#demand.close();
			this.#again?.cancel();
		}
		await this.#stop();
	}

	#assertOpen(): void {
		if (this.#closed) throw new DualcastError('stream_closed', `stream ${this.id} was closed`);
	}

	/** Of this run or the last one. */
	get #described(): boolean {
		const { tracks } = this;
		return tracks.length > 0 && tracks.every((track) => track.kind !== 'video' || track.facts !== undefined);
	}

	/** Those who did not wait for the camera have waited for it as long as anybody. */
	#onStartLimit(): void {
		const error = this.#timeout();
		this.#trusted = false;
		this.#readers.end(error);
		// Others may have come later and wait.
		if (!this.#demand.held) this.#verdict.pass(error);
	}

	#timeout(): SourceError {
		const error = startedLate(this.id, this.#options.startTimeout, this.#state.name === 'live');
		this.lastError = { error, at: this.#options.clock.wall() };
		return error;
	}

	/** Milliseconds from the last start of the source to its first packet. */
	get firstPacketAfter(): number | undefined {
		const first = this.ingest.firstPacket;
		return first !== undefined && first >= this.#startedAt ? first - this.#startedAt : undefined;
	}

	#watchTracks(timeout: number): SourceError | undefined {
		const { clock, logger } = this.#options;
		const { stalled, muted } = judgeSilence(this.ingest.silences(clock.now()), timeout);
		if (muted.length > this.muted.length) {
			logger.warn({ codecs: muted.map(({ track }) => track.codec) }, 'the camera sends no sound any more');
		}
		this.muted = muted;
		return stalled;
	}

	#start(): void {
		if (this.#run || this.#closed) return;
		const abort = new AbortController();
		this.#verdict.drop();
		const { source, clock, random, backoff, stallTimeout } = this.#options;
		const done = supervise(
			{
				source,
				sink: this.ingest,
				clock,
				random,
				backoff,
				stalled: () => this.#watchTracks(stallTimeout),
				delivered: () => this.ingest.delivered,
				onAttempt: (attempt) => this.#onAttempt(attempt),
				onFailure: (error, attempt) => this.#onFailure(error, attempt),
			},
			abort.signal,
		).then(() => this.#onRunEnd());
		this.#run = { abort, done };
	}

	async #stop(): Promise<void> {
		this.#startLimit.end();
		if (!this.#run) return;
		if (!this.#run.abort.signal.aborted) {
			if (this.#state.name !== 'failed') this.#enter({ name: 'closing', since: this.#options.clock.wall() });
			this.#run.abort.abort();
			this.#readers.forget();
		}
		await this.#run.done;
	}

	#onRunEnd(): void {
		this.#run = undefined;
		this.muted = [];
		this.ingest.endRun();
		this.#readers.forget();
		if (this.#state.name !== 'failed') this.#enter({ name: 'idle', since: this.#options.clock.wall() });
		else this.#startLater(this.#state.error);
		// Somebody came while the camera was being closed.
		if (this.#state.name === 'idle' && this.#demand.held && !this.#verdict.standing) this.#start();
	}

	/** Nobody asks for a camera that is always open; a password that may be wrong is not tried without being asked. */
	#startLater({ code }: SourceError): void {
		const { clock, onDemand } = this.#options;
		if (onDemand || this.#closed || code === 'camera_unauthorized') return;
		this.#again?.cancel();
		this.#again = clock.after(this.#verdict.remaining, () => this.#start());
	}

	#onAttempt(attempt: number): void {
		const since = this.#options.clock.wall();
		this.#startedAt = this.#options.clock.now();
		this.firstKeyAfter = undefined;
		this.muted = [];
		if (this.#state.name !== 'recovering') this.#enter({ name: 'starting', since, attempt });
	}

	#onTracks(tracks: readonly Track[]): void {
		// Of a run that is over: who comes now waits for the next one.
		if (this.#run?.abort.signal.aborted) return;
		this.#verdict.acquit();
		if (this.lastError) this.lastError = { ...this.lastError, over: true };
		if (this.#state.name === 'recovering') this.reconnects++;
		if (this.#state.name !== 'live') this.#enter({ name: 'live', since: this.#options.clock.wall() });
		this.#readers.setTracks(tracks);
		if (!this.ready) return;
		this.#trusted = true;
		this.#startLimit.end();
		this.#demand.resolve();
	}

	#onFailure(error: SourceError, attempt: number): 'retry' | 'stop' {
		const { clock, logger } = this.#options;
		const since = clock.wall();
		this.errors++;
		this.#trusted = false;
		this.lastError = { error, at: since };
		this.ingest.endRun();
		this.#readers.forget();
		logger.warn({ code: error.code, attempt, permanent: error.permanent }, error.message);
		const started = this.#state.name === 'live' || this.#state.name === 'recovering';
		this.#demand.reject(error);
		if (error.permanent || (!started && this.#options.onDemand)) {
			this.#verdict.pass(error);
			if (error.permanent) this.#enter({ name: 'failed', since, error });
			// Nothing will come any more: the viewers are let go so that they ask again and are told why.
			this.#startLimit.end();
			this.#readers.end(error);
			return 'stop';
		}
		this.#enter({ name: 'recovering', since, attempt, error });
		return 'retry';
	}

	#enter(state: StreamState): void {
		if (state.name !== this.#state.name) this.#options.logger.info({ state: state.name }, `stream is ${state.name}`);
		this.#state = state;
	}
}
