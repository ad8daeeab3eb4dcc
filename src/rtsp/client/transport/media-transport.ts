import type { TransportHeader } from '../../transport-header.ts';
import type { Lane } from './media-receiver.ts';

/** How the media of one session comes: interleaved in the RTSP connection, or over UDP to one or to many. */
export interface MediaTransport {
	readonly lower: 'tcp' | 'udp' | 'multicast';
	/** Reserves the way of the next track. @throws SourceError when the system has no port */
	open(): Promise<MediaPath>;
	/** Frees every path. */
	close(): void;
}

/** The way of one track. */
export interface MediaPath {
	/** What SETUP asks for. */
	readonly request: TransportHeader;
	/**
	 * Takes what the camera chose; packets go to `lane` from now on.
	 *
	 * @returns what the camera chose instead, when it is not what was asked for
	 */
	accept(answer: TransportHeader | undefined, lane: Lane): Promise<string | undefined> | undefined | string;
	/** Opens the way through firewalls and address translation; to be called before PLAY. */
	punch(): void;
	/** @param bytes a compound RTCP packet */
	sendRtcp(bytes: Uint8Array): void;
}
