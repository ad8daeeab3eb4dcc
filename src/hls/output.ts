import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Container } from './carried-tracks.ts';
import { DiskCopy } from './disk-copy.ts';
import { HeldRequests, type Waiter } from './held-requests.ts';
import { Muxer } from './muxer.ts';
import { PLAYLIST_NAME } from './path.ts';
import type { PlaylistBody } from './playlist.ts';
import type { MediaFile } from './segment.ts';
import type { HlsStats } from './stats.ts';
import { StreamOutput, type StreamOutputOptions } from './stream-output.ts';
import type { Visit } from './viewers.ts';

/**
 * With a single segment players run dry at once. Chromium's own player loads what is listed while it starts: when that
 * was all before it plays, it drops it, and goes on with the next segment, at whose end it then stops each time.
 */
const START_SEGMENTS = 3;
/**
 * Chromium's own player takes two segments before it plays, asks again, and gives up when there is nothing new. So
 * whoever asks again for a playlist shorter than this is answered when it has grown.
 */
const SETTLED_SEGMENTS = 3;
/** Milliseconds without a segment after which whoever asked again gets the old playlist. */
const MAX_HOLD_MS = 15_000;

export type OutputOptions = StreamOutputOptions & {
	container: Container;
	/** Seconds. */
	segmentDuration: number;
	segmentCount: number;
	startSegments?: number;
	/** Segments kept on disk. */
	cleanupThreshold: number;
	outputDir: string;
};

/** One run of a stream's classic HLS. */
export class Output extends StreamOutput {
	protected readonly muxer: Muxer;
	readonly #disk: DiskCopy;
	/** They all wait for the next state of the playlist. */
	readonly #waiters = new HeldRequests<undefined, PlaylistBody>();

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
			startSegments: options.startSegments ?? START_SEGMENTS,
			run: this.run,
			continuity: options.continuity,
			now: () => this.clock.now(),
			onSegment: (segment, playlist) => {
				this.#disk.add(segment, playlist, this.muxer.window.listed.length);
				if (playlist) this.#settle(playlist);
			},
		});
	}

	/**
	 * Hands over the playlist: at once when there is one, else as soon as there is, else why not.
	 *
	 * @returns forgets the request; undefined when it is answered already
	 */
	playlist(request: IncomingMessage, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		const visit = this.visit(request);
		return this.#ask(visit, (outcome) => {
			if (!(outcome instanceof Error)) visit.playlist = outcome;
			waiter(outcome);
		});
	}

	/** Hands over the multivariant playlist, as soon as there is the other one. */
	multivariant(request: IncomingMessage, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		return this.#ask(this.visit(request), (outcome) => waiter(this.describe(PLAYLIST_NAME, outcome)));
	}

	file(request: IncomingMessage, name: string): MediaFile | undefined {
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
		const { playlist, lastNewsAt } = this.muxer;
		if (playlist && this.clock.now() - lastNewsAt > MAX_HOLD_MS) this.#settle(playlist);
	}

	protected rest(): Promise<void> {
		return this.#disk.close();
	}

	#ask(visit: Visit, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		const { playlist } = this.muxer;
		const refusal = this.ended ?? (playlist && this.stalled());
		const given = playlist && !this.#asksTooSoon(visit, playlist) ? playlist : undefined;
		const outcome = refusal ?? given ?? (this.#waiters.full ? this.crowded() : undefined);
		if (!outcome) return this.#waiters.hold('', undefined, waiter, this.clock.now());
		waiter(outcome);
		return undefined;
	}

	#asksTooSoon(visit: Visit, playlist: PlaylistBody): boolean {
		return visit.playlist === playlist && this.muxer.window.listed.length < SETTLED_SEGMENTS;
	}

	#settle(outcome: PlaylistBody | Error): void {
		this.#waiters.answer(() => outcome);
	}
}
