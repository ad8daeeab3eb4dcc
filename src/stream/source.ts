import type { RtpPacket } from '../media/rtp.ts';
import type { SenderClock } from '../media/sender-clock.ts';
import type { SkippedMedia, Track } from '../media/track.ts';

/** How a source is connected, for the API. */
export type SourceConnection = {
	readonly transport: 'tcp' | 'udp';
	/** `host:port` of the camera, without credentials. */
	readonly remote: string;
	/** Why this transport, when it was not the first choice. */
	readonly reason?: string;
};

/** Where a source puts what it receives. Calls never throw and never wait. */
export interface SourceSink {
	/** Once per run, before the first packet: the tracks that will be sent. */
	onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void;
	/** A packet of `trackId`, in sequence order (gaps are losses). `arrival` is `Clock.now()`. */
	onPacket(trackId: number, packet: RtpPacket, arrival: number): void;
	onSenderReport(trackId: number, clock: SenderClock, arrival: number): void;
}

/**
 * Something that produces packets: a camera. It connects, announces its tracks, pushes packets and ends, by
 * return (the camera said goodbye or `signal` was aborted; it has then said goodbye itself) or by a
 * `SourceError`. It never retries: the supervisor does.
 */
export interface Source {
	/** For people, without credentials: `rtsp://camera/stream`. */
	readonly label: string;
	run(sink: SourceSink, signal: AbortSignal): Promise<void>;
}
