import { DualcastError } from '../base/errors.ts';
import type { HttpRequest } from '../base/http-exchange.ts';
import { LowLatencyMuxer } from './low-latency-muxer.ts';
import { LOW_LATENCY_PLAYLIST_NAME } from './path.ts';
import type { PlaylistBody } from './playlist/playlist.ts';
import type { MediaFile } from './segments/segment.ts';
import type { DeliveryDirectives } from './serving/delivery-directives.ts';
import { HeldRequests, type Waiter } from './serving/held-requests.ts';
import type { HlsStats } from './stats.ts';
import { StreamOutput, type StreamOutputOptions } from './stream-output.ts';

/** Segments beyond the last whole one that a request may wait for (section 6.2.5.2). */
const MAX_SEGMENTS_AHEAD = 2;
/** Seconds of parts beyond the last one, at least three parts. */
const MAX_PARTS_AHEAD = 3;
/** Target durations after which a request that waits is late. */
const MAX_HELD_TARGETS = 3;
/**
 * Segments, or seconds of them if that is sooner, that the multivariant playlist waits for. Who starts there may know
 * no parts: GStreamer plays a single segment and does not find the next one.
 */
const DESCRIBED_SEGMENTS = 2;
const DESCRIBED_SECONDS = 4;

export type LowLatencyOutputOptions = StreamOutputOptions & {
	/** Seconds. */
	segmentDuration: number;
	/** Seconds. */
	partDuration: number;
	segmentCount: number;
};

/**
 * One run of a stream's low-latency HLS (draft-pantos-hls-rfc8216bis). Requests for what is to come are held until
 * it is there.
 */
export class LowLatencyOutput extends StreamOutput {
	protected readonly muxer: LowLatencyMuxer;
	protected readonly playlistName = LOW_LATENCY_PLAYLIST_NAME;
	readonly #playlists = new HeldRequests<DeliveryDirectives, PlaylistBody>();
	readonly #descriptions = new HeldRequests<undefined, PlaylistBody>();
	readonly #parts = new HeldRequests<string, MediaFile>();

	constructor(options: LowLatencyOutputOptions) {
		super(options);
		this.muxer = new LowLatencyMuxer({
			...options,
			run: this.run,
			now: () => this.clock.now(),
			onChange: () => this.#answerHeld(),
		});
	}

	/**
	 * Hands over the playlist when it holds what is asked for (section 6.2.5.2), or says why it does not.
	 *
	 * @returns forgets the request; undefined when it is answered already
	 */
	playlist(request: HttpRequest, asked: DeliveryDirectives, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		this.visit(request);
		const { ready } = this.muxer;
		const refusal = this.ended ?? (ready ? (this.#tooFarAhead(asked) ?? this.stalled()) : undefined);
		const outcome = refusal ?? this.#fulfil(asked) ?? (this.#playlists.full ? this.crowded() : undefined);
		if (outcome) {
			waiter(outcome);
			return undefined;
		}
		const { msn, part, skip } = asked;
		return this.#playlists.hold(`${msn} ${part} ${skip}`, asked, waiter, this.clock.now());
	}

	/**
	 * Hands over the multivariant playlist, as soon as the other one is worth a start.
	 *
	 * @returns forgets the request; undefined when it is answered already
	 */
	multivariant(request: HttpRequest, waiter: Waiter<PlaylistBody>): (() => void) | undefined {
		this.visit(request);
		const refusal = this.ended ?? (this.muxer.ready ? this.stalled() : undefined);
		const outcome = refusal ?? this.#description() ?? (this.#descriptions.full ? this.crowded() : undefined);
		const describe: Waiter<PlaylistBody> = (found) => waiter(this.describe(LOW_LATENCY_PLAYLIST_NAME, found));
		if (!outcome) return this.#descriptions.hold('', undefined, describe, this.clock.now());
		describe(outcome);
		return undefined;
	}

	file(request: HttpRequest, name: string): MediaFile | undefined {
		const file = this.muxer.find(name);
		if (file) this.visit(request);
		return file;
	}

	/**
	 * Hands over the part that was hinted at (section 4.4.5.3), once it is whole.
	 *
	 * @returns forgets the request; undefined when this name was not hinted at
	 */
	hinted(request: HttpRequest, name: string, waiter: Waiter<MediaFile>): (() => void) | undefined {
		if (this.ended || name !== this.muxer.hint) return undefined;
		this.visit(request);
		if (!this.#parts.full) return this.#parts.hold(name, name, waiter, this.clock.now());
		waiter(this.crowded());
		return () => {};
	}

	override stats(): HlsStats {
		return { ...super.stats(), part_target: this.muxer.partTarget };
	}

	protected get held(): number {
		return this.#playlists.size + this.#parts.size + this.#descriptions.size;
	}

	protected letGo(error: Error): void {
		this.#playlists.answer(() => error);
		this.#parts.answer(() => error);
		this.#descriptions.answer(() => error);
	}

	protected check(): void {
		if (!this.muxer.ready) return;
		const { window, lastNewsAt } = this.muxer;
		const earliest = this.clock.now() - MAX_HELD_TARGETS * 1000 * window.targetDuration;
		const late = () => new DualcastError('hls_late', 'the camera has sent nothing for long; ask again');
		this.#playlists.refuseOlder(earliest, late);
		this.#parts.refuseOlder(earliest, late);
		// They may have waited long for the camera to start.
		if (lastNewsAt < earliest) this.#descriptions.answer(late);
	}

	protected async rest(): Promise<void> {}

	#answerHeld(): void {
		this.#parts.answer((name) => this.muxer.find(name));
		this.#playlists.answer((asked) => this.#fulfil(asked));
		this.#descriptions.answer(() => this.#description());
	}

	/** The playlist that the multivariant one leads to. */
	#description(): PlaylistBody | undefined {
		const { listed, duration } = this.muxer.window;
		const settled = this.muxer.ready && (listed.length >= DESCRIBED_SEGMENTS || duration >= DESCRIBED_SECONDS);
		return settled ? this.muxer.playlist(false) : undefined;
	}

	#fulfil(asked: DeliveryDirectives): PlaylistBody | undefined {
		return this.muxer.ready && this.#has(asked) ? this.muxer.playlist(asked.skip) : undefined;
	}

	/** Whether the playlist holds the segment or part, or later ones. */
	#has({ msn, part }: DeliveryDirectives): boolean {
		if (msn === undefined) return true;
		const { sequence, openParts, lastParts } = this.muxer;
		if (part === undefined || msn < sequence - 1) return msn < sequence;
		// Past the last part of a whole segment is the first part of the next one. One without parts is there whole.
		if (msn === sequence - 1) return part < lastParts || lastParts === 0 || openParts > 0;
		return msn === sequence && part < openParts;
	}

	#tooFarAhead({ msn, part = 0 }: DeliveryDirectives): DualcastError | undefined {
		if (msn === undefined) return undefined;
		const { sequence, openParts, partTarget } = this.muxer;
		const partsAhead = Math.max(MAX_PARTS_AHEAD, Math.ceil(MAX_PARTS_AHEAD / Math.max(partTarget, 0.001)));
		const lastPart = (msn === sequence ? openParts : 0) - 1;
		const tooFar = msn > sequence - 1 + MAX_SEGMENTS_AHEAD || (msn >= sequence && part > lastPart + partsAhead);
		if (!tooFar) return undefined;
		return new DualcastError('request_invalid', '_HLS_msn and _HLS_part are too far ahead of the playlist', {
			facts: { last_msn: sequence - 1 },
		});
	}
}
