/** Sums over the WebRTC viewers of a stream. */
export type ViewerTotals = {
	packets_sent: number;
	frames_sent: number;
	bytes_sent: number;
	current_bitrate: number;
	nack_received: number;
	packets_retransmitted: number;
	pli_received: number;
};

/** A stream as `GET /api/v1/streams/:id` shows it. */
export type StreamInfo = {
	id: string;
	state: 'idle' | 'starting' | 'live' | 'recovering' | 'closing' | 'failed';
	/** Without credentials. */
	source: string;
	on_demand: boolean;
	/** Since when it is in this state, ISO 8601. */
	since: string;
	/** `rtsp` is absent where the RTSP server is switched off. */
	viewers: { webrtc: number; hls: number; rtsp?: number };
	/** Of the WebRTC viewers who are there now; absent where WebRTC is switched off. */
	webrtc_totals?: ViewerTotals;
	tracks: {
		kind: 'video' | 'audio';
		codec: string;
		codecs?: string;
		width?: number;
		height?: number;
		frame_rate?: number;
		/** As `High` and `3.1`. */
		profile?: string;
		level?: string;
		clock_rate: number;
		channels?: number;
		/** Nothing has come of this track for a while, although the camera sends others. */
		silent?: true;
	}[];
	/** Left out at the camera or by an output, and why. */
	skipped_tracks: { codec: string; reason: string; output: 'all' | 'hls' | 'webrtc' }[];
	transport?: 'tcp' | 'udp' | 'multicast' | 'http' | 'websocket';
	transport_reason?: string;
	/** `over`: the camera was reached again since. */
	last_error?: { code: string; message: string; at: string; over?: true };
	/** Absent where that output is switched off; `rtsp` is what follows the host. */
	urls: { watch: string; whep?: string; hls?: string; ll_hls?: string; rtsp?: string };
};
