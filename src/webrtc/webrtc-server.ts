import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Lease, StreamDirectory, StreamFace } from '../stream/reader.ts';
import { writeAnswer } from './answer.ts';
import { Broadcast } from './broadcast.ts';
import { negotiate, refuseReordering } from './negotiation.ts';
import { type Offer, parseOffer } from './offer.ts';
import { type RandomBytes, randomOriginId, randomSessionId } from './random.ts';
import type { SessionInfo } from './session-info.ts';
import { SessionRegistry } from './session-registry.ts';
import type { SecureTransport } from './transport/secure-transport.ts';
import { Viewer } from './viewer.ts';

export type WebRtcServerOptions = {
	readonly directory: StreamDirectory;
	/** Stays open when the server closes: its owner closes it. */
	readonly transport: SecureTransport;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly randomBytes: RandomBytes;
	/** WHEP sessions at a time, being made ones included. */
	readonly maxSessions: number;
};

/** WHEP sessions: offers in, answers out, and what runs. */
export interface WebRtcServer {
	/**
	 * Answers a WHEP offer. A broken offer does not start the camera.
	 *
	 * @throws DualcastError `offer_invalid`, `offer_unsupported`, `codec_unsupported`, `too_many_sessions`,
	 * `stream_closed`, and whatever claiming the stream throws; the signal's reason when aborted
	 */
	create(streamId: string, offer: string, signal: AbortSignal): Promise<{ sessionId: string; answer: string }>;
	/** @returns false when there is no such session */
	remove(sessionId: string): boolean;
	sessions(): SessionInfo[];
	session(id: string): SessionInfo | undefined;
	/** Sessions of a stream, connecting ones included. */
	viewers(streamId: string): number;
	/** Ends every session and takes no more. Idempotent. */
	close(): Promise<void>;
}

/** The WHEP side of the gateway on top of a secure transport. */
export function createWebRtcServer(options: WebRtcServerOptions): WebRtcServer {
	return new Server(options);
}

class Server implements WebRtcServer {
	readonly #options: WebRtcServerOptions;
	readonly #registry: SessionRegistry;
	readonly #broadcasts = new Map<StreamFace, Broadcast>();
	#closed = false;

	constructor(options: WebRtcServerOptions) {
		this.#options = options;
		this.#registry = new SessionRegistry(options.maxSessions);
	}

	async create(streamId: string, text: string, signal: AbortSignal): Promise<{ sessionId: string; answer: string }> {
		const offer = parseOffer(text);
		const seat = this.#registry.reserve();
		try {
			this.#assertOpen();
			const lease = await this.#options.directory.claim(streamId, signal);
			try {
				this.#assertOpen();
				signal.throwIfAborted();
				return this.#open(lease, offer, seat.take);
			} catch (error) {
				lease.release();
				throw error;
			}
		} finally {
			seat.release();
		}
	}

	remove(sessionId: string): boolean {
		const viewer = this.#registry.get(sessionId);
		viewer?.end('ended by request');
		return viewer !== undefined;
	}

	sessions(): SessionInfo[] {
		return this.#registry.all().map((viewer) => viewer.info());
	}

	session(id: string): SessionInfo | undefined {
		return this.#registry.get(id)?.info();
	}

	viewers(streamId: string): number {
		return this.#registry.count(streamId);
	}

	async close(): Promise<void> {
		this.#closed = true;
		for (const viewer of this.#registry.all()) viewer.end('the gateway is shutting down');
	}

	#open(lease: Lease, offer: Offer, take: (viewer: Viewer) => void): { sessionId: string; answer: string } {
		const { clock, transport, randomBytes, logger } = this.#options;
		const broadcast = this.#broadcastOf(lease.stream);
		try {
			if (broadcast.reordered) refuseReordering(1);
			if (broadcast.over) throw new DualcastError('stream_closed', `stream ${lease.stream.id} was closed`);
			const negotiation = negotiate(offer, broadcast.tracks);
			const id = randomSessionId(randomBytes);
			const viewer: Viewer = new Viewer({
				id,
				streamId: lease.stream.id,
				broadcast,
				negotiation,
				transport,
				clock,
				logger: logger.child({ stream: lease.stream.id, viewer: id.slice(0, 8) }),
				onClosed: () => {
					this.#registry.delete(viewer);
					lease.release();
				},
			});
			take(viewer);
			const answer = writeAnswer({
				offer,
				negotiation,
				local: viewer.local,
				originId: randomOriginId(randomBytes),
				sources: { video: broadcast.video, audio: broadcast.audio },
				audioChannels: broadcast.tracks.audio?.channels ?? 1,
			});
			return { sessionId: id, answer };
		} finally {
			broadcast.releaseIfUnused();
		}
	}

	#broadcastOf(stream: StreamFace): Broadcast {
		const running = this.#broadcasts.get(stream);
		if (running) return running;
		const { transport, clock, randomBytes } = this.#options;
		const broadcast: Broadcast = new Broadcast({
			stream,
			transport,
			clock,
			randomBytes,
			onOver: () => {
				if (this.#broadcasts.get(stream)?.over) this.#broadcasts.delete(stream);
			},
		});
		if (!broadcast.over) this.#broadcasts.set(stream, broadcast);
		return broadcast;
	}

	#assertOpen(): void {
		if (this.#closed) throw new DualcastError('stream_closed', 'the gateway is shutting down');
	}
}
