import type { Sample } from './sample.ts';

/** How the picture travels. */
export type Mode = 'webrtc' | 'hls';

/** What the viewer asked for: one way, or the best that works. */
export type Choice = 'auto' | Mode;

/** Why playing ended: a code for decisions (the gateway's own, or one of the player's) and a sentence to show. */
export class PlaybackError extends Error {
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.name = 'PlaybackError';
		this.code = code;
	}
}

/** What a playback tells while it runs. */
export interface PlaybackListener {
	/** The first picture is on the screen. Called once. */
	firstFrame(): void;
	/** Counters, about once a second after the first picture. */
	sample(sample: Sample): void;
	/** The stream has sound. */
	hasAudio(): void;
	/** It is connected, and the camera has sent nothing to show yet. Called at most once. */
	awaitsCamera(): void;
	/** Which gateway serves it: the address of the session or of the playlist, after all redirections. */
	served(url: string): void;
}

/**
 * One attempt to play one stream one way. It ends only by rejecting: with a `PlaybackError`, or with anything
 * once the signal is aborted. It never tries again; the supervisor does.
 */
export interface Playback {
	run(listener: PlaybackListener, signal: AbortSignal): Promise<never>;
}
