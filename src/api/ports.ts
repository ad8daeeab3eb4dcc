import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamSettings } from '../config/stream.ts';
import type { ProbeReport } from '../probe/report.ts';
import type { Verdict } from '../probe/verdict.ts';
import type { SourceTransport } from '../stream/source.ts';

/** The outputs as the API sees them: plain interfaces, filled in by `gateway.ts`. */

/** Statistics of one HLS output, `/api/v1/hls/streams/:id/stats`. */
export type HlsStats = {
	stream_id: string;
	/** Access units written. */
	packets_received: number;
	bytes_written: number;
	segments_created: number;
	/** Bits per second over the segments in the playlist. */
	current_bitrate: number;
	errors: number;
	/** `starting` until the first segment is there. */
	state: 'starting' | 'live';
	started_at: string;
	last_request_at: string;
	segments_in_playlist: number;
	media_sequence: number;
	/** Seconds. */
	target_duration: number;
	/** Seconds; of low-latency outputs only. */
	part_target?: number;
	/** RFC 6381. */
	codecs: string[];
	skipped_tracks: { codec: string; reason: string }[];
};

export interface HlsPort {
	/** Answers `/hls/<id>/<file>` (GET, HEAD, OPTIONS) and returns true; false when the path is not HLS. */
	handle(request: IncomingMessage, response: ServerResponse): boolean;
	/** Whether there are low-latency playlists. */
	readonly lowLatency: boolean;
	/** Name of a playlist that carries this video. */
	playlistFor(codec: string): string | undefined;
	/** Running outputs only. */
	list(): HlsStats[];
	get(id: string): HlsStats | undefined;
}

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

/** A stream as `/api/v1/streams/:id` shows it. */
export type StreamInfo = {
	id: string;
	state: 'idle' | 'starting' | 'live' | 'recovering' | 'closing' | 'failed';
	/** Without credentials. */
	source: string;
	on_demand: boolean;
	/** Since when it is in this state. */
	since: string;
	/** `rtsp` is absent where the RTSP server is switched off. */
	viewers: { webrtc: number; hls: number; rtsp?: number };
	/** Absent where WebRTC is switched off. */
	webrtc_totals?: ViewerTotals;
	tracks: {
		kind: 'video' | 'audio';
		codec: string;
		codecs?: string;
		width?: number;
		height?: number;
		/** As the parameter sets say; `/stats` has what was measured. */
		frame_rate?: number;
		/** As `High`. */
		profile?: string;
		/** As `3.1`. */
		level?: string;
		clock_rate: number;
		channels?: number;
		/** Nothing has come of this track for a while, although the camera is connected and sends others. */
		silent?: true;
	}[];
	/** Left out at the camera or by an output, and why. */
	skipped_tracks: { codec: string; reason: string; output: 'all' | 'hls' | 'webrtc' }[];
	transport?: SourceTransport;
	transport_reason?: string;
	last_error?: LastError;
	/** Paths; of `rtsp` what follows the host: `:8554/<id>`. */
	urls: { watch: string; whep?: string; hls?: string; ll_hls?: string; rtsp?: string };
};

/** What last went wrong between gateway and camera. */
export type LastError = {
	code: string;
	message: string;
	at: string;
	/** The camera was reached again since. */
	over?: true;
};

/** One track in `/api/v1/streams/:id/stats`; counts by RFC 3550, since the camera was connected the last time. */
export type TrackStats = {
	kind: 'video' | 'audio';
	codec: string;
	profile?: string;
	level?: string;
	width?: number;
	height?: number;
	packets_received: number;
	packets_lost: number;
	packets_reordered: number;
	packets_duplicate: number;
	/** Absent where the way of the packets does not tell. */
	jitter_ms?: number;
	current_bitrate: number;
	last_packet_age_ms?: number;
	/** See `StreamInfo`. */
	silent?: true;
};

/** `/api/v1/streams/:id/stats` */
export type StreamStats = {
	stream_id: string;
	state: StreamInfo['state'];
	/** Counts here are since Dualcast started, over all connections. */
	packets_received: number;
	bytes_received: number;
	packets_lost: number;
	/** Came after one with a higher sequence number. */
	packets_reordered: number;
	packets_duplicate: number;
	/** Bits per second over the last seconds. */
	current_bitrate: number;
	frames_received: number;
	/** Measured over the last seconds. */
	frame_rate: number;
	frames_dropped: number;
	gop_frames: number;
	gop_seconds: number;
	/** Absent before it is known. */
	b_frames?: boolean;
	gop_cache_bytes: number;
	reconnects: number;
	errors: number;
	last_error?: LastError;
	transport?: SourceTransport;
	transport_reason?: string;
	/** What the camera calls itself. */
	server?: string;
	/** Milliseconds for a short question to the camera and back. */
	rtt_ms?: number;
	/** Milliseconds from the last start of the camera. */
	first_packet_ms?: number;
	first_key_frame_ms?: number;
	/** Milliseconds. */
	last_packet_age_ms?: number;
	last_key_frame_age_ms?: number;
	/** Since the camera was connected the last time. */
	tracks: TrackStats[];
	/** Where the camera plays as it is; empty before its tracks are known. */
	outputs: Verdict[];
	readers: string[];
	/** Absent where the RTSP server is switched off. */
	rtsp_readers?: RtspReader[];
};

/** One RTSP client that has set up a stream. */
export type RtspReader = {
	id: string;
	state: 'ready' | 'playing' | 'paused';
	transport: 'tcp' | 'udp';
	remote: string;
	user_agent?: string;
	connected_at: string;
	packets_sent: number;
	/** RTP payload. */
	bytes_sent: number;
	/** Frames left out because the client was too slow. */
	frames_dropped: number;
};

/** The RTSP server. */
export interface RtspPort {
	/** TCP. */
	readonly port: number;
	/** Who has set up the stream. */
	readers(streamId: string): RtspReader[];
}

export interface StreamsPort {
	list(): StreamInfo[];
	get(id: string): StreamInfo | undefined;
	/** Cheap, other than `get`, which asks every viewer. */
	has(id: string): boolean;
	stats(id: string): StreamStats | undefined;
}

export interface ReadinessPort {
	/** What keeps the gateway from serving; empty when ready. */
	problems(): string[];
	/** What is not as it should be, although viewers are served. */
	degraded?(): string[];
}

export interface ProbePort {
	/**
	 * Looks at a camera once, ten seconds at most.
	 *
	 * @throws DualcastError `too_many_probes`; a `SourceError` with the cause; the signal's reason
	 */
	run(camera: StreamSettings, signal: AbortSignal): Promise<ProbeReport>;
}
