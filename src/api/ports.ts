import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamSettings } from '../config/stream.ts';
import type { ProbeReport } from '../probe/report.ts';
import type { Verdict } from '../probe/verdict.ts';
import type { SourceTransport } from '../stream/source.ts';
import type { ViewerTotals } from './whep/webrtc-port.ts';

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
