import type { IncomingHttpHeaders } from 'node:http';

/** How much a playlist lists before a client gets it: so many segments, or so many seconds of them if that is sooner. */
export type Wanted = { readonly segments: number; readonly seconds: number };

/** There is a segment. */
export const ANYTHING: Wanted = { segments: 1, seconds: 0 };
/** hls.js and shaka-player play a single segment and stop until the next one comes. */
const IN_PAGES: Wanted = { segments: 2, seconds: 4 };
/** Plays a single segment and never finds the next one. */
const GSTREAMER: Wanted = { segments: 2, seconds: 20 };
/**
 * It loads one segment and begins to play while it asks for the second. If none is listed then that it has not asked for, it
 * drops both, seeks a target duration ahead and stops at the end of each segment from there on.
 */
const CHROMIUM: Wanted = { segments: 3, seconds: 8 };

/** Ends what only Chromium's own player accepts, and those made of it: what is packed could not be sought in. */
const UNPACKED = 'identity;q=1, *;q=0';

/** What the player that asks needs to start without a stop, as far as it is known. */
export function wantedFirst(headers: IncomingHttpHeaders): Wanted {
	const agent = headers['user-agent'] ?? '';
	if (isChromium(headers)) return CHROMIUM;
	if (agent.startsWith('GStreamer ')) return GSTREAMER;
	return agent.startsWith('Mozilla/') ? IN_PAGES : ANYTHING;
}

/** Whether Chromium's own player asks, or one made of it. */
export function isChromium(headers: IncomingHttpHeaders): boolean {
	return String(headers['accept-encoding'] ?? '').endsWith(UNPACKED);
}
