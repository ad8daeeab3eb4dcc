import { join } from 'node:path';
import type { HttpRequest } from '../base/http-exchange.ts';
import type { Container } from './carried-tracks.ts';
import { DiskCopy } from './disk-copy.ts';
import { ANYTHING, type Wanted, wantedFirst } from './first-playlist.ts';
import { HeldRequests, type Waiter } from './held-requests.ts';
import { Muxer } from './muxer.ts';
import { PLAYLIST_NAME } from './path.ts';
import type { PlaylistBody } from './playlist.ts';
import type { MediaFile } from './segment.ts';
import type { HlsStats } from './stats.ts';
import { StreamOutput, type StreamOutputOptions } from './stream-output.ts';

/**
 * Whoever asks again for a playlist shorter than this is answered when it has grown: Chromium's own player asks again at
 * once, and others wait for as long as a segment takes before they ask once more.
 */
const SETTLED_SEGMENTS = 3;
/** Milliseconds without a segment after which whoever asked again gets the old playlist. */
const MAX_HOLD_MS = 15_000;

export type OutputOptions = StreamOutputOptions & {
	container: Container;
	/** Seconds. */
	segmentDuration: number;
	segmentCount: number;
	/** Segments kept on disk. */
	cleanupThreshold: number;
	outputDir: string;
};

/** One run of a stream's classic HLS. */
export class Output extends StreamOutput {
	protected readonly muxer: Muxer;
	readonly #disk: DiskCopy;
	readonly #waiters = new HeldRequests<Wanted, PlaylistBody>();

	constructor(options: OutputOptions) {
		super(options);
		this.#disk = new DiskCopy({
			directory: join(options.outputDir, options.id),
			threshold: options.cleanupThreshold,
			logger: this.logger,
		});
		this.muxer = new Muxer({
			container: options.container,
			segmentDuration: options.segmentDuration,
			segmentCount: options.segmentCount,
			run: this.run,
			continuity: options.continuity,
			now: () => this.clock.now(),
			onSegment: (segment, playlist) => {
				this.#disk.add(segment, playlist, this.muxer.window.listed.length);
				this.#waiters.answer((wanted) => this.#fulfil(wanted));
			},
		});
	}

	/**
	 * Hands over the playlist: at once when there is one, else as soon as there is, else why not.
	 *
	 * @returns forgets the request; undefined when it is answered already
	 */
	playlist(request: HttpRequest, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		const visit = this.visit(request);
		const { length } = this.muxer.window.listed;
		const again = visit.playlist !== undefined && visit.playlist === this.muxer.playlist && length < SETTLED_SEGMENTS;
		const wanted = again ? { segments: length + 1, seconds: Number.POSITIVE_INFINITY } : wantedFirst(request.headers);
		return this.#ask(wanted, (outcome) => {
			if (!(outcome instanceof Error)) visit.playlist = this.muxer.give();
			waiter(outcome instanceof Error ? outcome : (visit.playlist ?? outcome));
		});
	}

	/** Hands over the multivariant playlist, as soon as there is something to describe. */
	multivariant(request: HttpRequest, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		this.visit(request);
		return this.#ask(ANYTHING, (outcome) => waiter(this.describe(PLAYLIST_NAME, outcome)));
	}

	file(request: HttpRequest, name: string): MediaFile | undefined {
		const file = this.muxer.find(name);
		if (file) this.visit(request);
		return file;
	}

	override stats(): HlsStats {
		const stats = super.stats();
		return { ...stats, errors: stats.errors + this.#disk.errors };
	}

	protected get held(): number {
		return this.#waiters.size;
	}

	protected letGo(error: Error): void {
		this.#settle(error);
	}

	protected check(): void {
		this.muxer.expire();
		const { playlist, lastNewsAt } = this.muxer;
		if (playlist && this.clock.now() - lastNewsAt > MAX_HOLD_MS) this.#settle(playlist);
	}

	protected rest(): Promise<void> {
		return this.#disk.close();
	}

	#ask(wanted: Wanted, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		const refusal = this.ended ?? (this.muxer.ready ? this.stalled() : undefined);
		const outcome = refusal ?? this.#fulfil(wanted) ?? (this.#waiters.full ? this.crowded() : undefined);
		if (!outcome) return this.#waiters.hold(`${wanted.segments} ${wanted.seconds}`, wanted, waiter, this.clock.now());
		waiter(outcome);
		return undefined;
	}

	#fulfil({ segments, seconds }: Wanted): PlaylistBody | undefined {
		const { playlist, window } = this.muxer;
		return window.listed.length >= segments || window.duration >= seconds ? playlist : undefined;
	}

	#settle(outcome: PlaylistBody | Error): void {
		this.#waiters.answer(() => outcome);
	}
}
