import type { SkippedTrack } from './carried-tracks.ts';
import type { TransportName } from './transport/secure-transport.ts';

/** A WHEP session as the API shows it. */
export type SessionInfo = {
	id: string;
	stream_id: string;
	state: 'connecting' | 'connected' | 'closed';
	/** ISO 8601 */
	created_at: string;
	/** Milliseconds from the offer to DTLS done. */
	connected_after_ms?: number;
	/** Milliseconds from the offer to the first media packet sent. */
	first_media_after_ms?: number;
	remote?: string;
	/** What encrypts and sends its media. */
	transport: TransportName;
	packets_sent: number;
	/** RTP payload, retransmissions included. */
	bytes_sent: number;
	/** Bits per second over the last seconds. */
	current_bitrate: number;
	nack_received: number;
	packets_retransmitted: number;
	pli_received: number;
	/** Fraction 0 … 1 */
	loss?: number;
	rtt_ms?: number;
	/** The link is too slow for the stream. */
	key_frames_only: boolean;
	/** How long in all. */
	key_frames_only_ms: number;
	video?: string;
	audio?: string;
	skipped_tracks: SkippedTrack[];
};
