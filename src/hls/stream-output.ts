import type { Clock, Timer } from '../base/clock.ts';
import { DualcastError, SourceError, toError } from '../base/errors.ts';
import type { HttpRequest } from '../base/http-exchange.ts';
import type { Logger } from '../base/logger.ts';
import type { StreamDirectory } from '../stream/reader.ts';
import type { Continuity } from './continuity.ts';
import { FromStream, type MediaSink } from './from-stream.ts';
import { multivariantPlaylist } from './playlist/multivariant.ts';
import type { PlaylistBody } from './playlist/playlist.ts';
import type { PlaylistWindow } from './playlist/playlist-window.ts';
import type { MediaFile } from './segments/segment.ts';
import { Viewers, type Visit } from './serving/viewers.ts';
import type { HlsStats } from './stats.ts';

const CHECK_MS = 1000;
/** A client that has not asked for this long, or for three playlist lengths if that is more, is gone. */
const LEAST_IDLE_MS = 10_000;
const IDLE_PLAYLISTS = 3;
/** Milliseconds a playlist is repeated while the camera is away; RFC 8216 section 6.2.1 wants news or an end. */
const STALE_MS = 60_000;

export type StreamOutputOptions = {
	id: string;
	directory: StreamDirectory;
	clock: Clock;
	logger: Logger;
	/** Milliseconds without a request after which the output stops; two target durations if that is more. */
	idleTimeout?: number;
	/** Milliseconds. */
	startTimeout: number;
	/** The address of who asks, where that is not the other end of the connection. */
	clientOf?(request: HttpRequest): string | undefined;
	continuity: Continuity;
	/**
	 * It runs no longer; another run may start.
	 *
	 * @param retention milliseconds for which players may still come for its files
	 */
	onEnd(retention: number): void;
};

/** What the life of an output needs to know of its muxer. */
export interface OutputMuxer extends MediaSink {
	readonly window: PlaylistWindow;
	/** `Clock.now()` of the last news. */
	readonly lastNewsAt: number;
	/** Whether there is a playlist. */
	readonly ready: boolean;
	/** RFC 6381. */
	readonly codecs: string[];
	/** Access units written, and those that could not be. */
	readonly units: number;
	readonly dropped: number;
	readonly bytes: number;
	readonly segments: number;
}

/**
 * The life of one run of a stream's output: from the first request for its playlist until nobody has asked for a
 * while or the stream ended.
 */
export abstract class StreamOutput {
	readonly id: string;
	protected readonly clock: Clock;
	protected readonly logger: Logger;
	protected readonly startedAt: number;
	readonly #options: StreamOutputOptions;
	readonly #viewers = new Viewers();
	readonly #timer: Timer;
	#rest: Timer;
	#source: FromStream | undefined;
	#lastRequest: { readonly now: number; readonly wall: number };
	#ended: { readonly error: Error; readonly atRest: Promise<void> } | undefined;

	constructor(options: StreamOutputOptions) {
		const { id, clock, continuity } = options;
		this.id = id;
		this.clock = clock;
		this.logger = options.logger.child({ stream: id });
		this.#options = options;
		this.startedAt = clock.wall();
		this.#lastRequest = { now: clock.now(), wall: this.startedAt };
		continuity.startRun(this.startedAt);
		this.#timer = clock.every(CHECK_MS, () => this.check());
		this.#rest = clock.after(options.idleTimeout ?? LEAST_IDLE_MS, () => this.#restWhenIdle());
	}

	protected abstract readonly muxer: OutputMuxer;
	protected abstract readonly playlistName: string;

	stats(): HlsStats {
		const { window, carried, ready, codecs, units, dropped, bytes, segments } = this.muxer;
		return {
			stream_id: this.id,
			packets_received: units,
			bytes_written: bytes,
			segments_created: segments,
			current_bitrate: Math.round(window.bitrate),
			errors: dropped,
			state: ready ? 'live' : 'starting',
			started_at: new Date(this.startedAt).toISOString(),
			last_request_at: new Date(this.lastRequestAt).toISOString(),
			segments_in_playlist: window.listed.length,
			media_sequence: window.listed[0]?.sequence ?? 0,
			target_duration: window.targetDuration,
			codecs,
			skipped_tracks: [...carried.skipped],
		};
	}

	/** A file that players may come for now. */
	abstract file(request: HttpRequest, name: string): MediaFile | undefined;

	/** Requests that are held. */
	protected abstract get held(): number;

	/** Answers all of them. */
	protected abstract letGo(error: Error): void;

	/** Called each second. */
	protected abstract check(): void;

	/** Ends what the run leaves behind. */
	protected abstract rest(): Promise<void>;

	/** Token of this run in names. */
	protected get run(): string {
		return Math.floor(this.startedAt).toString(36);
	}

	/** Why it runs no longer. */
	protected get ended(): Error | undefined {
		return this.#ended?.error;
	}

	protected get lastRequestAt(): number {
		return this.#lastRequest.wall;
	}

	/** Claims the stream; call it once. */
	open(): void {
		const { id, directory, clock, startTimeout } = this.#options;
		const { muxer, playlistName: playlist } = this;
		this.logger.info({}, 'HLS output starts');
		const onEnd = (error: Error | undefined) => this.#end(error);
		this.#source = new FromStream({ id, playlist, directory, clock, startTimeout, muxer, onEnd });
		void this.#source.open();
	}

	/** Clients that asked for something lately. */
	viewers(): number {
		return this.#viewers.count(this.clock.now() - this.#patience());
	}

	/** Whether the client that asks is one of these. */
	hasViewer(request: HttpRequest): boolean {
		const since = this.clock.now() - this.#patience();
		return this.#viewers.knows(this.#addressOf(request), request.headers['user-agent'], since);
	}

	/** Idempotent; waits for the disk. */
	async close(): Promise<void> {
		this.#source?.close();
		await this.#ended?.atRest;
	}

	/** Counts a request: it keeps the output running and its client among the viewers. */
	protected visit(request: HttpRequest): Visit {
		this.#lastRequest = { now: this.clock.now(), wall: this.clock.wall() };
		return this.#viewers.see(this.#addressOf(request), request.headers['user-agent'], this.#lastRequest.now);
	}

	#addressOf(request: HttpRequest): string | undefined {
		const { clientOf } = this.#options;
		return clientOf ? clientOf(request) : request.socket.remoteAddress;
	}

	/** The multivariant playlist that leads to the media playlist of this name; or why there is none. */
	protected describe(name: string, outcome: PlaylistBody | Error): PlaylistBody | Error {
		if (outcome instanceof Error) return outcome;
		try {
			return multivariantPlaylist(name, this.muxer.window, this.muxer.carried);
		} catch (thrown) {
			return toError(thrown);
		}
	}

	/** Why no playlist is given out, although there is one. */
	protected stalled(): SourceError | undefined {
		if (this.clock.now() - this.muxer.lastNewsAt <= STALE_MS) return undefined;
		const seconds = STALE_MS / 1000;
		return new SourceError('camera_stalled', `the camera has sent nothing for ${seconds} s; check it and its network`);
	}

	protected crowded(): DualcastError {
		return new DualcastError('too_many_sessions', 'too many requests wait for this stream; try again later');
	}

	#end(cause: Error | undefined): void {
		const error = cause ?? new DualcastError('stream_closed', 'the HLS output was closed; ask again to start it');
		this.#timer.cancel();
		this.#rest.cancel();
		this.#ended = { error, atRest: this.rest() };
		this.logger.info(cause ? { cause: cause.message } : {}, 'HLS output ends');
		// When nobody asks or the gateway closes, nobody will come.
		this.#options.onEnd(cause ? this.muxer.window.retention : 0);
		this.letGo(error);
	}

	/** Ends the run to the millisecond; who is held counts as asking. */
	#restWhenIdle(): void {
		const now = this.clock.now();
		const lastAsked = this.held > 0 ? now : this.#lastRequest.now;
		// Players ask once in a target duration.
		const allowed = Math.max(this.#options.idleTimeout ?? this.#patience(), 2000 * this.muxer.window.targetDuration);
		const left = lastAsked + allowed - now;
		if (left <= 0) this.#source?.close();
		else this.#rest = this.clock.after(left, () => this.#restWhenIdle());
	}

	/** Milliseconds a client may be silent between two requests. */
	#patience(): number {
		return Math.max(LEAST_IDLE_MS, IDLE_PLAYLISTS * 1000 * this.muxer.window.duration);
	}
}
