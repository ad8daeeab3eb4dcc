import type { Clock } from '../base/clock.ts';
import type { HttpRequest, HttpResponse } from '../base/http-exchange.ts';
import type { Logger } from '../base/logger.ts';
import type { StreamDirectory } from '../stream/reader.ts';
import type { Container } from './carried-tracks.ts';

/** Decides who may read a stream. */
export interface HlsGate {
	/**
	 * Asked when a request comes, and once more before it gets what it was held for.
	 *
	 * @returns undefined when the request may pass at once; else it may when the promise is fulfilled
	 * @throws DualcastError why not, here or by the promise
	 */
	admit(request: HttpRequest, id: string): Promise<void> | undefined;
	/** The query that the addresses in a playlist must carry on; empty for none. */
	carry(request: HttpRequest): string;
}

export type HlsServerOptions = {
	directory: StreamDirectory;
	clock: Clock;
	logger: Logger;
	/** Seconds; segments end at the first key picture at or after. */
	segmentDuration: number;
	/** Segments in a playlist. */
	segmentCount: number;
	/** What the classic output is packed into; default MPEG-TS. */
	container?: Container;
	/** Seconds of a part in low-latency playlists; without it there are none. */
	partDuration?: number;
	/** Segments kept on disk for each stream. */
	cleanupThreshold: number;
	/** Folder of the copies on disk. */
	outputDir: string;
	/** Whether playlists are served compressed to clients that can take it. */
	enableCompression: boolean;
	/** Milliseconds without a request after which an output stops; default three playlists, at least 10 s. */
	idleTimeout?: number;
	/** Milliseconds a claimed stream may take to its first picture. */
	startTimeout: number;
	/** The address of who asks, where that is not the other end of the connection. */
	clientOf?(request: HttpRequest): string | undefined;
	/** Who may read; default everybody. */
	gate?: HlsGate | undefined;
	/** Answers a request that failed; the CORS and caching headers are set already. */
	answerError(request: HttpRequest, response: HttpResponse, error: Error): void;
};
