import type { SenderClock } from '../../media/sender-clock.ts';

/** One frame of one track as whole RTP packets. Shared by every client, and never written again. */
export type PresentationFrame = {
	/** Index in `Presentation.tracks`. */
	readonly track: number;
	readonly packets: readonly Uint8Array[];
	/** A video frame at which decoding can start. */
	readonly key: boolean;
	/** Its RTP timestamp, and the instant it was taken: what sender reports tell (RFC 3550 section 6.4.1). */
	readonly clock: SenderClock;
};

/** Who takes the frames of a presentation. Calls must not wait. */
export interface PresentationReader {
	onFrame(frame: PresentationFrame): void;
	/** Nothing more comes. */
	onEnd(): void;
}

/** A track as a client can set it up. */
export type PresentationTrack = {
	readonly kind: 'video' | 'audio';
	/** Its `a=control` in the session description: relative, without slash. */
	readonly control: string;
	readonly ssrc: number;
};

/** Something a client can play: what RTSP calls a presentation (RFC 2326 section 1.3). */
export interface Presentation {
	/** The answer to DESCRIBE. */
	readonly sdp: string;
	readonly tracks: readonly PresentationTrack[];
	/**
	 * Delivers frames from now on.
	 *
	 * @returns ends the delivery; idempotent
	 */
	subscribe(reader: PresentationReader): () => void;
}

/** Where a server looks for presentations. */
export interface PresentationDirectory {
	/**
	 * @param path of the URL, decoded, without leading and trailing slash
	 * @param signal is aborted when the client is gone: what was opened for it may close
	 * @returns undefined when there is no such presentation
	 */
	open(path: string, signal: AbortSignal): Promise<Presentation | undefined>;
}
