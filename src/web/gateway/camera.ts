/** What one kind of player makes of a camera. */
export type Verdict = {
	output: 'webrtc_chrome' | 'webrtc_firefox' | 'webrtc_safari' | 'hls_ts' | 'hls_ll';
	verdict: 'plays' | 'plays_without_sound' | 'needs_transcoding' | 'no';
	reasons: string[];
	/** Settings of the camera that would help. */
	cures: string[];
};

/** One track as it is received. Milliseconds and bits per second. */
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
	jitter_ms?: number;
	current_bitrate: number;
	last_packet_age_ms?: number;
	silent?: true;
};

/** The part of `GET /api/v1/streams/:id/stats` that the pages show. */
export type StreamStats = {
	current_bitrate: number;
	frame_rate: number;
	frames_dropped: number;
	gop_frames: number;
	gop_seconds: number;
	b_frames?: boolean;
	reconnects: number;
	server?: string;
	rtt_ms?: number;
	first_packet_ms?: number;
	first_key_frame_ms?: number;
	last_key_frame_age_ms?: number;
	tracks: TrackStats[];
	outputs: Verdict[];
};

/** The part of an answer of `POST /api/v1/probe` that the pages show. */
export type ProbeReport = {
	/** Without credentials. */
	source: string;
	server?: string;
	transport?: string;
	rtt_ms?: number;
	video?: {
		codec: string;
		profile?: string;
		level?: string;
		width?: number;
		height?: number;
		frame_rate?: number;
		gop_frames?: number;
		gop_seconds?: number;
		gop_longer_than?: number;
		gradual_refresh?: true;
		b_frames?: boolean;
		bitrate?: number;
	};
	audio?: { codec: string; clock_rate: number; channels: number; bitrate?: number };
	skipped: { kind: string; codec: string; reason: string }[];
	outputs: Verdict[];
	advice: string[];
};

/** A camera to look at. */
export type ProbeRequest = { source: string; username?: string; password?: string };
