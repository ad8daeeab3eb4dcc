import type { SourceError } from '../base/errors.ts';
import type { Track } from '../media/track.ts';
import type { AccessUnit } from '../media/unit.ts';

/**
 * Who gets every access unit of a stream: one per output (the WebRTC broadcast, the HLS muxer), not one per viewer.
 * A reader that throws is detached and counted; the stream and the other readers go on. Calls must not wait.
 */
export interface StreamReader {
	readonly name: string;
	/**
	 * True when it reads the bytes of a picture before `onUnit` returns and never afterwards: the memory is then used
	 * again for later pictures. Memory of which another reader may keep views is not.
	 */
	readonly readsAtOnce?: boolean;
	/** Tracks as known now; called on attach if they are known and again whenever they change. */
	onTracks(tracks: readonly Track[]): void;
	onUnit(unit: AccessUnit): void;
	/** The source is away, perhaps for a moment: what it sent so far is old to whoever comes from now on. */
	onAway?(): void;
	/**
	 * The stream is over for this reader (removed from the configuration, shutdown, reader threw).
	 *
	 * @param cause the camera's failure, when it was that
	 */
	onEnd(cause?: SourceError): void;
}

/** A viewer's claim on a stream: the source runs while at least one lease is held (plus the linger). */
export interface Lease {
	readonly stream: StreamFace;
	/** Idempotent. */
	release(): void;
}

/** What outputs see of a stream. */
export interface StreamFace {
	readonly id: string;
	/** Of this run or the last one; empty until the source has announced any. */
	readonly tracks: readonly Track[];
	/** The tracks are those of a source that runs, or is away for a moment. */
	readonly ready: boolean;
	/** What the source failed by last, also when it is over. */
	readonly lastError: { readonly error: SourceError } | undefined;
	/**
	 * Delivers units to the reader from now on. With `replay`, the cached group of pictures (from the last key
	 * unit on, with its audio) is delivered first, before this call returns.
	 *
	 * @returns detaches the reader; idempotent
	 */
	attach(reader: StreamReader, options: { replay: boolean }): () => void;
}

/** How a stream is claimed. */
export type ClaimOptions = {
	/**
	 * Whether these tracks of the last run are enough to go on with. Where they are, and nothing has failed since, the
	 * lease comes at once while the source starts; readers are ended with the cause when it fails or is not ready within
	 * the start timeout.
	 */
	readonly enough?: (tracks: readonly Track[]) => boolean;
};

/** Where outputs ask for streams. */
export interface StreamDirectory {
	/**
	 * Claims a stream, starting its source if needed, and waits until its tracks are known. A camera that is away for a
	 * moment is waited for as well: then there is a cause to tell. Concurrent callers share one start.
	 *
	 * @throws DualcastError `stream_not_found`; a `SourceError` with the real cause as soon as it is known;
	 * `camera_timeout` after the configured start timeout; the signal's reason when aborted
	 */
	claim(id: string, signal?: AbortSignal, options?: ClaimOptions): Promise<Lease>;
	has(id: string): boolean;
}
