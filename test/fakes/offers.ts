import { readFileSync } from 'node:fs';

/** A recorded offer of `test/data`, with CRLF line ends. */
export function recordedOffer(browser: 'chromium' | 'firefox' | 'webrtcbin' | 'werift'): string {
	return readFileSync(new URL(`../data/${browser}-offer.sdp`, import.meta.url), 'utf8');
}
