/** A stream as `GET /api/v1/streams/:id` shows it. */
export type StreamInfo = {
	id: string;
	state: 'idle' | 'starting' | 'live' | 'recovering' | 'closing' | 'failed';
	/** Without credentials. */
	source: string;
	on_demand: boolean;
	/** Since when it is in this state, ISO 8601. */
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
	/** `whep` and `hls` are absent where that output is switched off. */
	urls: { watch: string; whep?: string; hls?: string };
};
