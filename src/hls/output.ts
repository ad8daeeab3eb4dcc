import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import { DualcastError, SourceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { StreamDirectory } from '../stream/reader.ts';
import type { Continuity } from './continuity.ts';
import { DiskCopy } from './disk-copy.ts';
import { FromStream } from './from-stream.ts';
import { Muxer } from './muxer.ts';
import type { PlaylistBody } from './playlist.ts';
import type { Segment } from './segment.ts';
import type { HlsStats } from './stats.ts';
import { Viewers, type Visit } from './viewers.ts';

const CHECK_MS = 1000;
/** A client that has not asked for this long, or for three playlist lengths if that is more, is gone. */
const LEAST_IDLE_MS = 10_000;
const IDLE_PLAYLISTS = 3;
/** Milliseconds a playlist is repeated while the camera is away; RFC 8216 section 6.2.1 wants news or an end. */
const STALE_MS = 60_000;
const MAX_WAITERS = 1000;
/** With a single segment players run dry at once. */
const START_SEGMENTS = 2;
/**
 * Chromium's own player takes two segments before it plays, asks again, and gives up when there is nothing new. So
 * whoever asks again for a playlist shorter than this is answered when it has grown.
 */
const SETTLED_SEGMENTS = 3;
/** Milliseconds without a segment after which whoever asked again gets the old playlist. */
const MAX_HOLD_MS = 15_000;

export type OutputOptions = {
	id: string;
	directory: StreamDirectory;
	clock: Clock;
	logger: Logger;
	/** Seconds. */
	segmentDuration: number;
	segmentCount: number;
	startSegments?: number;
	/** Segments kept on disk. */
	cleanupThreshold: number;
	outputDir: string;
	/** Milliseconds without a request after which the output stops; two target durations if that is more. */
	idleTimeout?: number;
	/** Milliseconds. */
	startTimeout: number;
	continuity: Continuity;
	/** It runs no longer; another run may start. */
	onEnd(): void;
};

/** Called once: with the playlist, or with why there is none. */
export type PlaylistWaiter = (outcome: PlaylistBody | Error) => void;

/**
 * One run of a stream's HLS: from the first request for its playlist until nobody has asked for a while or the
 * stream ended.
 */
export class Output {
	readonly id: string;
	readonly #options: OutputOptions;
	readonly #logger: Logger;
	readonly #muxer: Muxer;
	readonly #disk: DiskCopy;
	readonly #source: FromStream;
	readonly #viewers = new Viewers();
	readonly #waiters = new Set<{ readonly visit: Visit; readonly waiter: PlaylistWaiter }>();
	readonly #timer: Timer;
	readonly #startedAt: number;
	#lastRequest: { readonly now: number; readonly wall: number };
	#ended: { readonly error: Error; readonly atRest: Promise<void> } | undefined;

	constructor(options: OutputOptions) {
		const { id, clock, continuity } = options;
		this.id = id;
		this.#logger = options.logger.child({ stream: id });
		this.#options = options;
		this.#startedAt = clock.wall();
		this.#lastRequest = { now: clock.now(), wall: this.#startedAt };
		continuity.startRun(this.#startedAt);
		this.#disk = new DiskCopy({
			directory: join(options.outputDir, id),
			threshold: options.cleanupThreshold,
			logger: this.#logger,
		});
		this.#muxer = new Muxer({
			segmentDuration: options.segmentDuration,
			segmentCount: options.segmentCount,
			startSegments: options.startSegments ?? START_SEGMENTS,
			run: Math.floor(this.#startedAt).toString(36),
			continuity,
			now: () => clock.now(),
			onSegment: (segment, playlist) => {
				this.#disk.add(segment, playlist, this.#muxer.window.listed.length);
				if (playlist) this.#settle(playlist);
			},
		});
		this.#source = new FromStream({
			id,
			directory: options.directory,
			clock,
			startTimeout: options.startTimeout,
			muxer: this.#muxer,
			onEnd: (error) => this.#end(error),
		});
		this.#timer = clock.every(CHECK_MS, () => this.#check());
	}

	/** Claims the stream; call it once. */
	open(): void {
		this.#logger.info({}, 'HLS output starts');
		void this.#source.open();
	}

	/**
	 * Hands over the playlist: at once when there is one, else as soon as there is, else why not.
	 *
	 * @returns forgets the waiter
	 */
	playlist(request: IncomingMessage, waiter: PlaylistWaiter): () => void {
		const visit = this.#visit(request);
		const held = { visit, waiter };
		const { playlist } = this.#muxer;
		if (this.#ended) waiter(this.#ended.error);
		else if (playlist && this.#isStale()) waiter(this.#stalled());
		else if (playlist && !this.#asksTooSoon(visit, playlist)) this.#give(held, playlist);
		else if (this.#waiters.size >= MAX_WAITERS) waiter(this.#crowded());
		else this.#waiters.add(held);
		return () => this.#waiters.delete(held);
	}

	/** A listed segment, or one removed lately. */
	segment(request: IncomingMessage, name: string): Segment | undefined {
		const segment = this.#muxer.find(name);
		if (segment) this.#visit(request);
		return segment;
	}

	/** Clients that asked for something lately. */
	viewers(): number {
		return this.#viewers.count(this.#options.clock.now() - this.#patience());
	}

	stats(): HlsStats {
		const muxer = this.#muxer;
		const { window, carried } = muxer;
		return {
			stream_id: this.id,
			packets_received: muxer.units,
			bytes_written: muxer.bytes,
			segments_created: muxer.segments,
			current_bitrate: Math.round(muxer.bitrate),
			errors: muxer.dropped + this.#disk.errors,
			state: muxer.playlist ? 'live' : 'starting',
			started_at: new Date(this.#startedAt).toISOString(),
			last_request_at: new Date(this.#lastRequest.wall).toISOString(),
			segments_in_playlist: window.listed.length,
			media_sequence: window.listed[0]?.sequence ?? 0,
			target_duration: window.targetDuration,
			codecs: muxer.codecs,
			skipped_tracks: [...carried.skipped],
		};
	}

	/** Idempotent; waits for the disk. */
	async close(): Promise<void> {
		this.#source.close();
		await this.#ended?.atRest;
	}

	#end(cause: Error | undefined): void {
		const error = cause ?? new DualcastError('stream_closed', 'the HLS output was closed; ask again to start it');
		this.#timer.cancel();
		this.#ended = { error, atRest: this.#disk.close() };
		this.#logger.info(cause ? { cause: cause.message } : {}, 'HLS output ends');
		this.#options.onEnd();
		this.#settle(error);
	}

	/** Counts a request: it keeps the output running and its client among the viewers. */
	#visit(request: IncomingMessage): Visit {
		const { clock } = this.#options;
		this.#lastRequest = { now: clock.now(), wall: clock.wall() };
		return this.#viewers.see(request.socket.remoteAddress, request.headers['user-agent'], this.#lastRequest.now);
	}

	#asksTooSoon(visit: Visit, playlist: PlaylistBody): boolean {
		return visit.playlist === playlist && this.#muxer.window.listed.length < SETTLED_SEGMENTS;
	}

	#give({ visit, waiter }: { visit: Visit; waiter: PlaylistWaiter }, outcome: PlaylistBody | Error): void {
		if (!(outcome instanceof Error)) visit.playlist = outcome;
		waiter(outcome);
	}

	#settle(outcome: PlaylistBody | Error): void {
		for (const held of this.#waiters) {
			this.#waiters.delete(held);
			this.#give(held, outcome);
		}
	}

	#check(): void {
		const { clock, idleTimeout = this.#patience() } = this.#options;
		const { playlist, lastSegmentAt, window } = this.#muxer;
		if (playlist && clock.now() - lastSegmentAt > MAX_HOLD_MS) this.#settle(playlist);
		const idle = clock.now() - this.#lastRequest.now;
		// Players ask once in a target duration.
		const allowed = Math.max(idleTimeout, 2000 * window.targetDuration);
		if (this.#waiters.size === 0 && idle > allowed) this.#source.close();
	}

	/** Milliseconds a client may be silent between two requests. */
	#patience(): number {
		return Math.max(LEAST_IDLE_MS, IDLE_PLAYLISTS * 1000 * this.#muxer.window.duration);
	}

	#isStale(): boolean {
		return this.#options.clock.now() - this.#muxer.lastSegmentAt > STALE_MS;
	}

	#stalled(): SourceError {
		const seconds = STALE_MS / 1000;
		return new SourceError('camera_stalled', `the camera has sent nothing for ${seconds} s; check it and its network`);
	}

	#crowded(): DualcastError {
		return new DualcastError('too_many_sessions', 'too many requests wait for this stream to start; try again later');
	}
}
