import { SourceError } from '../base/errors.ts';
import type { Reception } from '../media/rtp/receiver-statistics.ts';
import type { RtpPacket } from '../media/rtp/rtp.ts';
import type { SenderClock } from '../media/time/sender-clock.ts';
import type { SkippedMedia, Track } from '../media/track.ts';

/** How media comes: within a TCP connection, by UDP to one or to many, or within HTTP or a WebSocket. */
export type SourceTransport = 'tcp' | 'udp' | 'multicast' | 'http' | 'websocket';

/** How a source is connected, for the API. */
export type SourceConnection = {
	readonly transport: SourceTransport;
	/** `host:port` of the camera, without credentials. */
	readonly remote: string;
	/** Why this transport, when it was not the first choice. */
	readonly reason?: string;
	/** What the camera calls itself. */
	readonly server?: string;
	/** How a track has arrived in this run so far; undefined for a track that is not of it. */
	readonly reception?: (trackId: number) => Reception | undefined;
	/** Milliseconds between a short request to the camera and its answer, the last time; undefined before. */
	readonly roundTrip?: () => number | undefined;
};

/** A camera that answers, and has no media that can be played. */
export class NothingToPlayError extends SourceError {
	readonly skipped: readonly SkippedMedia[];
	readonly server: string | undefined;

	constructor(message: string, skipped: readonly SkippedMedia[], server: string | undefined) {
		super('camera_unsupported', message, { permanent: true });
		this.skipped = skipped;
		this.server = server;
	}
}

/** Where a source puts what it receives. Calls never throw and never wait. */
export interface SourceSink {
	/** Once per run, before the first packet: the tracks that will be sent. */
	onTracks(tracks: readonly Track[], skipped: readonly SkippedMedia[], connection: SourceConnection): void;
	/**
	 * A packet of `trackId`, in sequence order (gaps are losses). `arrival` is `Clock.now()`. The payload is valid
	 * during the call only.
	 */
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
