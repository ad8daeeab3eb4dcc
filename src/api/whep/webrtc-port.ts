/** One WebRTC viewer, `/api/v1/webrtc/sessions`. */
export type WebRtcSession = {
	id: string;
	stream_id: string;
	state: 'connecting' | 'connected' | 'closed';
	created_at: string;
	/** Milliseconds from the offer to DTLS done; absent before. */
	connected_after_ms?: number;
	/** Milliseconds from the offer to the first media packet sent. */
	first_media_after_ms?: number;
	/** As its player says: milliseconds from its offer to its first picture on the screen. */
	first_frame_shown_after_ms?: number;
	/** The nominated candidate pair: the viewer's side, and ours, which is `udp *:8189` where several can be it. */
	remote?: string;
	local?: string;
	/** What encrypts and sends its media. */
	transport: 'native' | 'typescript';
	packets_sent: number;
	/** Whole pictures, those of replays too; absent where there is sound alone. */
	frames_sent?: number;
	bytes_sent: number;
	/** Bits per second, over the last seconds. */
	current_bitrate: number;
	nack_received: number;
	packets_retransmitted: number;
	pli_received: number;
	/** Fraction 0 … 1 from the last receiver report. */
	loss?: number;
	rtt_ms?: number;
	/** The link is too slow for the stream. */
	key_frames_only: boolean;
	/** How long in all. */
	key_frames_only_ms: number;
	/** Of what the camera sends now. */
	video?: string;
	audio?: string;
	skipped_tracks: { codec: string; reason: string }[];
};

/** Of all viewers of a stream who are there now. */
export type ViewerTotals = Required<
	Pick<WebRtcSession, 'packets_sent' | 'frames_sent' | 'bytes_sent' | 'current_bitrate'> &
		Pick<WebRtcSession, 'nack_received' | 'packets_retransmitted' | 'pli_received'>
>;

/** Where a WebRTC viewer's connection stands, or stopped. */
export type WebRtcConnection = {
	stage: 'no_checks' | 'no_handshake' | 'handshake' | 'no_media' | 'media';
	/** What that means and what helps. */
	explanation: string;
	/** Addresses offered to the viewer. */
	offered: string[];
	/** Authenticated ICE checks that arrived. */
	checks_received: number;
	dtls_datagrams_received: number;
};

/** `/api/v1/webrtc/sessions/:id` */
export type WebRtcSessionDetails = WebRtcSession & { connection: WebRtcConnection };

export interface WebRtcPort {
	/**
	 * Answers a WHEP offer; `onEnded` is called when the session has ended.
	 *
	 * @throws DualcastError `offer_invalid`, `offer_unsupported`, `codec_unsupported`, `too_many_sessions`, and
	 * whatever claiming the stream throws
	 */
	create(
		streamId: string,
		offer: string,
		signal: AbortSignal,
		onEnded?: () => void,
	): Promise<{
		sessionId: string;
		resource: string;
		answer: string;
		skipped: Readonly<WebRtcSession['skipped_tracks']>;
	}>;
	/** The id of the session whose WHEP resource, the secret last part of its URL, this is. */
	sessionOf(resource: string): string | undefined;
	/** The strong entity tag of a session's ICE state; undefined when there is no such session. */
	etag(sessionId: string): string | undefined;
	/**
	 * Takes a viewer's ICE fragment (RFC 8840 9).
	 *
	 * @returns the fragment that answers an ICE restart; undefined when there was none
	 * @throws DualcastError `offer_invalid`, `session_not_found`, `rate_limited`
	 */
	updateIce(sessionId: string, fragment: string): string | undefined;
	/** Undefined when there is no such session. */
	connection(sessionId: string): WebRtcConnection | undefined;
	/**
	 * Takes what a player says of its first picture; only the first time counts.
	 *
	 * @returns false when there is no such session
	 */
	firstFrameShown(sessionId: string, milliseconds: number): boolean;
	/** @returns false when there is no such session */
	remove(sessionId: string): boolean;
	/** @param streamId leaves out those of other streams */
	sessions(streamId?: string): WebRtcSession[];
	session(id: string): WebRtcSession | undefined;
}
