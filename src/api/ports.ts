import type { IncomingMessage, ServerResponse } from 'node:http';

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
	/** RFC 6381. */
	codecs: string[];
	skipped_tracks: { codec: string; reason: string }[];
};

export interface HlsPort {
	/** Answers `/hls/<id>/<file>` (GET, HEAD, OPTIONS) and returns true; false when the path is not HLS. */
	handle(request: IncomingMessage, response: ServerResponse): boolean;
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
	remote?: string;
	packets_sent: number;
	bytes_sent: number;
	/** Bits per second, over the last seconds. */
	current_bitrate: number;
	nack_received: number;
	packets_retransmitted: number;
	pli_received: number;
	/** Fraction 0 … 1 from the last receiver report. */
	loss?: number;
	rtt_ms?: number;
	video?: string;
	audio?: string;
	skipped_tracks: { codec: string; reason: string }[];
};

export interface WebRtcPort {
	/**
	 * Answers a WHEP offer.
	 *
	 * @throws DualcastError `offer_invalid`, `offer_unsupported`, `codec_unsupported`, `too_many_sessions`, and
	 * whatever claiming the stream throws
	 */
	create(streamId: string, offer: string, signal: AbortSignal): Promise<{ sessionId: string; answer: string }>;
	/** @returns false when there is no such session */
	remove(sessionId: string): boolean;
	sessions(): WebRtcSession[];
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
	viewers: { webrtc: number; hls: number };
	tracks: {
		kind: 'video' | 'audio';
		codec: string;
		codecs?: string;
		width?: number;
		height?: number;
		frame_rate?: number;
		clock_rate: number;
		channels?: number;
	}[];
	/** Left out at the camera or by an output, and why. */
	skipped_tracks: { codec: string; reason: string; output: 'all' | 'hls' | 'webrtc' }[];
	transport?: 'tcp' | 'udp';
	transport_reason?: string;
	last_error?: { code: string; message: string; at: string };
	urls: { watch: string; whep?: string; hls?: string };
};

/** `/api/v1/streams/:id/stats` */
export type StreamStats = {
	stream_id: string;
	state: StreamInfo['state'];
	packets_received: number;
	bytes_received: number;
	packets_lost: number;
	/** Bits per second over the last seconds. */
	current_bitrate: number;
	frames_received: number;
	frame_rate: number;
	frames_dropped: number;
	gop_frames: number;
	gop_seconds: number;
	gop_cache_bytes: number;
	reconnects: number;
	errors: number;
	/** Milliseconds from the start of the source to the first key frame. */
	first_key_frame_ms?: number;
	/** Milliseconds since the last packet. */
	last_packet_age_ms?: number;
	readers: string[];
};

export interface StreamsPort {
	list(): StreamInfo[];
	get(id: string): StreamInfo | undefined;
	stats(id: string): StreamStats | undefined;
}

export interface ReadinessPort {
	/** What keeps the gateway from serving; empty when ready. */
	problems(): string[];
}
