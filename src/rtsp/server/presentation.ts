import type { SenderClock } from '../../media/time/sender-clock.ts';

/** One frame of one track as whole RTP packets. Shared by every client, and never written again. */
export type PresentationFrame = {
	/** Index in `Presentation.tracks`. */
	readonly track: number;
	readonly packets: readonly Uint8Array[];
	/** The same packets as interleaved frames of channel `channelOf(track)`, where they were built so. */
	readonly interleaved?: Uint8Array;
	/** A video frame at which decoding can start. */
	readonly key: boolean;
	/** Its RTP timestamp, and the instant it was taken: what sender reports tell (RFC 3550 section 6.4.1). */
	readonly clock: SenderClock;
};

/** The channel most clients ask for: 0-1 for the first track, 2-3 for the second. */
export function channelOf(track: number): number {
	return 2 * track;
}

/** Who takes the frames of a presentation. Calls must not wait. */
export interface PresentationReader {
	onFrame(frame: PresentationFrame): void;
	/** Nothing more comes. */
	onEnd(reason: string): void;
}

/** A track as a client can set it up. */
export type PresentationTrack = {
	readonly kind: 'video' | 'audio';
	/** Its `a=control` in the session description: relative, without slash. */
	readonly control: string;
	readonly ssrc: number;
	readonly clockRate: number;
};

/** Something a client can play: what RTSP calls a presentation (RFC 2326 section 1.3). */
export interface Presentation {
	/** The answer to DESCRIBE. */
	readonly sdp: string;
	readonly tracks: readonly PresentationTrack[];
	/** False when `sdp` has other tracks than these by now: a client that set these up cannot be sent those. */
	readonly current: boolean;
	/**
	 * Delivers frames from now on. Frames from the last key frame on, where they are kept, come first, before this
	 * call returns.
	 *
	 * @returns ends the delivery; idempotent
	 */
	subscribe(reader: PresentationReader): () => void;
}

/** Where a server looks for presentations. */
export interface PresentationDirectory {
	/**
	 * @param path of the URL, decoded, without leading and trailing slash
	 * @param signal is aborted when the client lets go of the presentation: what was opened for it may close
	 * @returns undefined when there is no such presentation
	 * @throws DualcastError why it cannot be had
	 */
	open(path: string, signal: AbortSignal): Promise<Presentation | undefined>;
}
