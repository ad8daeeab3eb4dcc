import type { GatewayUrls } from './paths.ts';
import { type Answer, get } from './streams.ts';

/** The part of an entry of `GET /api/v1/webrtc/sessions` that the pages show. Milliseconds and bits per second. */
export type Viewer = {
	id: string;
	state: 'connecting' | 'connected' | 'closed';
	/** ISO 8601 */
	created_at: string;
	first_media_after_ms?: number;
	/** As the viewer's player says. */
	first_frame_shown_after_ms?: number;
	/** Both ends of the connection, `udp 192.0.2.7:5000` and `udp 192.0.2.1:8189`, or `udp *:8189`. */
	remote?: string;
	local?: string;
	transport: string;
	frames_sent?: number;
	current_bitrate: number;
	nack_received: number;
	packets_retransmitted: number;
	pli_received: number;
	/** Fraction 0 … 1 */
	loss?: number;
	rtt_ms?: number;
	/** The link is too slow for the stream. */
	key_frames_only: boolean;
	key_frames_only_ms: number;
	skipped_tracks: { codec: string; reason: string }[];
};

/** Whether the page may show who watches: an admin, or everybody where no token is needed. Never rejects. */
export async function maySeeViewers(urls: GatewayUrls, id: string, fetch: typeof globalThis.fetch): Promise<boolean> {
	try {
		return (await fetch(urls.sessions(id), { method: 'HEAD', cache: 'no-store' })).ok;
	} catch {
		return false;
	}
}

/** Asks for the WebRTC viewers of a stream. Never rejects. */
export function getViewers(
	urls: GatewayUrls,
	id: string,
	fetch: typeof globalThis.fetch,
	signal: AbortSignal,
): Promise<Answer<Viewer[]>> {
	return get(urls.sessions(id), fetch, signal);
}

const NOT_FOR_US = /^(?:token_|forbidden$|webrtc_disabled$|http_40[13]$)/;

/** Whether asking again is of no use, by the code of a problem. */
export function mayNotSee(code: string): boolean {
	return NOT_FOR_US.test(code);
}
