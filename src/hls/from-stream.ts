import type { Clock, Timer } from '../base/clock.ts';
import { DualcastError, SourceError, toError } from '../base/errors.ts';
import type { Track } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';
import type { Lease, StreamDirectory, StreamReader } from '../stream/reader.ts';
import type { CarriedTracks } from './carried-tracks.ts';
import { MAX_SEGMENT_SECONDS } from './segments/segmenter.ts';

/** What takes a stream in. */
export interface MediaSink {
	/** Whether there is a playlist. */
	readonly ready: boolean;
	readonly carried: CarriedTracks;
	setTracks(tracks: readonly Track[]): void;
	/** The unit's bytes are read before it returns. */
	push(unit: AccessUnit): void;
}

export type FromStreamOptions = {
	id: string;
	/** Name of the playlist that comes of it. */
	playlist: string;
	directory: StreamDirectory;
	clock: Clock;
	/** Milliseconds the first picture may take once the stream was claimed; a segment's longest time is added. */
	startTimeout: number;
	muxer: MediaSink;
	/** The reader is detached and the stream released; with the cause, if it was not `close()`. */
	onEnd(error: Error | undefined): void;
};

/**
 * Feeds a muxer from a stream: claims it, reads from its last key picture on, and lets go of it when closed, when
 * the stream ends, or when it cannot be played.
 */
export class FromStream implements StreamReader {
	readonly name = 'hls';
	readonly readsAtOnce = true;
	readonly #options: FromStreamOptions;
	readonly #abort = new AbortController();
	#lease: Lease | undefined;
	#detach: (() => void) | undefined;
	#deadline: Timer | undefined;
	/** What the source had failed by before. */
	#failedBefore: SourceError | undefined;
	#ended = false;

	constructor(options: FromStreamOptions) {
		this.#options = options;
	}

	/** Claims the stream and attaches. Never rejects: what goes wrong comes by `onEnd`. */
	async open(): Promise<void> {
		const { id, directory, clock, startTimeout } = this.#options;
		try {
			this.#lease = await directory.claim(id, this.#abort.signal);
			this.#failedBefore = this.#lease.stream.lastError?.error;
			this.#deadline = clock.after(startTimeout + MAX_SEGMENT_SECONDS * 1000, () => this.#checkStart());
			this.#detach = this.#lease.stream.attach(this, { replay: true });
			if (this.#ended) this.#letGo();
		} catch (thrown) {
			this.#end(toError(thrown));
		}
	}

	onTracks(tracks: readonly Track[]): void {
		const { muxer, id, playlist } = this.#options;
		muxer.setTracks(tracks);
		const { video, audio, skipped } = muxer.carried;
		if (video || audio) return;
		const reasons = skipped.map(({ codec, reason }) => `${codec}: ${reason}`).join('; ');
		const message = `${playlist} can carry nothing that the camera sends; ${reasons}`;
		this.#end(new DualcastError('codec_unsupported', message, { facts: { stream: id } }));
	}

	onUnit(unit: AccessUnit): void {
		if (!this.#ended) this.#options.muxer.push(unit);
	}

	onEnd(): void {
		this.#end(new DualcastError('stream_closed', 'the stream ended; ask again to start it'));
	}

	/** Idempotent. */
	close(): void {
		this.#end(undefined);
	}

	#checkStart(): void {
		if (this.#options.muxer.ready) return;
		const failure = this.#lease?.stream.lastError?.error;
		if (failure && failure !== this.#failedBefore) {
			this.#end(failure);
			return;
		}
		const message = 'the camera sent no key picture to start HLS with; shorten its key frame interval';
		this.#end(new SourceError('camera_timeout', message, { facts: { stream: this.#options.id } }));
	}

	#end(error: Error | undefined): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#abort.abort(new DualcastError('stream_closed', 'the HLS output was closed'));
		this.#letGo();
		this.#options.onEnd(error);
	}

	#letGo(): void {
		this.#deadline?.cancel();
		this.#detach?.();
		this.#lease?.release();
	}
}
