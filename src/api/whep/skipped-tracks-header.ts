import type { WebRtcSession } from './webrtc-port.ts';

/** Of the answer to a WHEP offer: the tracks it leaves out, and why. */
export const SKIPPED_TRACKS = 'Dualcast-Skipped-Tracks';

const TOKEN = /^[a-z*][\w!#$%&'*+.^`|~:/-]*$/i;

/** A list of structured fields (RFC 9651 section 3.1), as `aac;reason="browsers take no AAC by WebRTC"`. */
export function skippedTracksHeader(skipped: Readonly<WebRtcSession['skipped_tracks']>): string {
	return skipped
		.map(({ codec, reason }) => `${TOKEN.test(codec) ? codec : quoted(codec)};reason=${quoted(reason)}`)
		.join(', ');
}

/** Strings are printable ASCII (RFC 9651 section 3.3.3). */
function quoted(text: string): string {
	return `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
