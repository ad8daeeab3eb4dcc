import type { SkippedTrack } from './carried-tracks.ts';

/** Statistics of a running HLS output. Times are ISO 8601. */
export type HlsStats = {
	stream_id: string;
	/** Access units written. */
	packets_received: number;
	bytes_written: number;
	segments_created: number;
	/** Bits per second over the segments in the playlist. */
	current_bitrate: number;
	/** Access units and files that could not be written. */
	errors: number;
	/** `starting` until there is a playlist. */
	state: 'starting' | 'live';
	started_at: string;
	last_request_at: string;
	segments_in_playlist: number;
	media_sequence: number;
	/** Seconds. */
	target_duration: number;
	/** Seconds; in low-latency outputs. */
	part_target?: number;
	/** RFC 6381. */
	codecs: string[];
	skipped_tracks: SkippedTrack[];
};
