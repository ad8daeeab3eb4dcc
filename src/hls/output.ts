import { join } from 'node:path';
import type { HttpRequest } from '../base/http-exchange.ts';
import type { Container } from './carried-tracks.ts';
import { DiskCopy } from './disk/disk-copy.ts';
import { Muxer } from './muxer.ts';
import { LOW_LATENCY_PLAYLIST_NAME, PLAYLIST_NAME } from './path.ts';
import type { PlaylistBody } from './playlist/playlist.ts';
import type { MediaFile } from './segments/segment.ts';
import { ANYTHING, isChromium, type Wanted, wantedFirst } from './serving/first-playlist.ts';
import { HeldRequests, type Waiter } from './serving/held-requests.ts';
import type { Visit } from './serving/viewers.ts';
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
	/** Seconds of a part in the low-latency playlist beside this one; none without it. */
	partDuration?: number | undefined;
};

/** One run of a stream's classic HLS. */
export class Output extends StreamOutput {
	protected readonly muxer: Muxer;
	protected readonly playlistName = PLAYLIST_NAME;
	readonly #disk: DiskCopy;
	readonly #waiters = new HeldRequests<Wanted, PlaylistBody>();
	/** The playlist that each connection was given last, or came for the segments of. */
	readonly #given = new WeakMap<object, PlaylistBody>();

	constructor(options: OutputOptions) {
		super(options);
		this.#disk = new DiskCopy({
			directory: join(options.outputDir, options.id),
			threshold: options.cleanupThreshold,
			logger: this.logger,
		});
		this.muxer = new Muxer({
			container: options.container,
			other: options.partDuration ? LOW_LATENCY_PLAYLIST_NAME : undefined,
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
		const again = length < SETTLED_SEGMENTS && this.#asksAgain(request, visit);
		const wanted = again ? { segments: length + 1, seconds: Number.POSITIVE_INFINITY } : wantedFirst(request.headers);
		return this.#ask(wanted, (outcome) => {
			const playlist = outcome instanceof Error ? outcome : (this.muxer.give() ?? outcome);
			if (!(playlist instanceof Error) && request.method !== 'HEAD') {
				visit.playlist = playlist;
				visit.givenAt = this.clock.now();
				this.#given.set(connectionOf(request), playlist);
			}
			waiter(playlist);
		});
	}

	/** Hands over the multivariant playlist, as soon as there is something to describe. */
	multivariant(request: HttpRequest, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		this.visit(request);
		return this.#ask(ANYTHING, (outcome) => waiter(this.describe(PLAYLIST_NAME, outcome)));
	}

	file(request: HttpRequest, name: string): MediaFile | undefined {
		const { playlist, window } = this.muxer;
		const file = this.muxer.find(name);
		if (file) this.visit(request);
		if (file && playlist && window.listed.length < SETTLED_SEGMENTS) this.#given.set(connectionOf(request), playlist);
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

	/**
	 * Whether the client has the playlist. Others may share its address and player: in a school, behind a proxy. It is
	 * known by its connection; on another one by the half target duration that players leave at least (RFC 8216 section
	 * 6.3.4), but for Chromium's, which leaves no time and gives up when there is nothing new.
	 */
	#asksAgain(request: HttpRequest, visit: Visit): boolean {
		const { playlist, window } = this.muxer;
		if (!playlist || visit.playlist !== playlist || request.method === 'HEAD') return false;
		if (this.#given.get(connectionOf(request)) === playlist || isChromium(request.headers)) return true;
		return this.clock.now() - visit.givenAt >= 500 * window.targetDuration;
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

/** What a request came on: HTTP/2 has a socket for each request, and a session for all. */
function connectionOf(request: HttpRequest): object {
	const { stream } = request as { readonly stream?: { readonly session?: object | undefined } };
	return stream?.session ?? request.socket;
}
