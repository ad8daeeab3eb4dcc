import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Track } from '../media/track.ts';
import type { Lease, StreamDirectory, StreamFace } from '../stream/reader.ts';
import { Broadcast } from './broadcast/broadcast.ts';
import { carriedTracks, type SkippedTrack } from './carried-tracks.ts';
import { type RandomBytes, randomOriginId, randomResource, sessionIdOf } from './random.ts';
import { writeAnswer } from './sdp/answer.ts';
import { parseIceFragment, writeIceFragment } from './sdp/ice-fragment.ts';
import { gradualRefreshError, negotiate, refuseReordering } from './sdp/negotiation.ts';
import { type Offer, parseOffer } from './sdp/offer.ts';
import { OfferForms } from './sdp/offer-form.ts';
import type { ConnectionReport } from './sessions/connection-report.ts';
import type { SessionInfo } from './sessions/session-info.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
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

/** A session that was opened. */
export type CreatedSession = {
	readonly sessionId: string;
	/** The secret last part of its URL. */
	readonly resource: string;
	/** SDP. */
	readonly answer: string;
	/** What the answer leaves out. */
	readonly skipped: readonly SkippedTrack[];
};

/** WHEP sessions: offers in, answers out, and what runs. */
export interface WebRtcServer {
	/**
	 * Answers a WHEP offer. A broken offer does not start the camera. A camera whose tracks are known is started without
	 * being waited for: the session ends with its stream when it fails.
	 *
	 * @throws DualcastError `offer_invalid`, `offer_unsupported`, `codec_unsupported`, `too_many_sessions`,
	 * `stream_closed`, and whatever claiming the stream throws; the signal's reason when aborted
	 */
	create(streamId: string, offer: string, signal: AbortSignal, onEnded?: () => void): Promise<CreatedSession>;
	/** The id of the session whose WHEP resource this is. */
	sessionOf(resource: string): string | undefined;
	/** The strong entity tag of a session's ICE state (WHEP 4.4); undefined when there is no such session. */
	etag(sessionId: string): string | undefined;
	/**
	 * Takes a viewer's ICE fragment.
	 *
	 * @returns the fragment that answers a restart; undefined when candidates were all it brought
	 * @throws DualcastError `offer_invalid`, `session_not_found`, `rate_limited`
	 */
	updateIce(sessionId: string, fragment: string): string | undefined;
	/** Where a session's connection stands; undefined when there is no such session. */
	connection(sessionId: string): ConnectionReport | undefined;
	/**
	 * Takes what a viewer's player says: milliseconds from its offer to its first picture. Only the first time counts.
	 *
	 * @returns false when there is no such session
	 */
	firstFrameShown(sessionId: string, milliseconds: number): boolean;
	/** @returns false when there is no such session */
	remove(sessionId: string): boolean;
	/** @param streamId leaves out those of other streams */
	sessions(streamId?: string): SessionInfo[];
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
	readonly #offers = new OfferForms();
	#closed = false;

	constructor(options: WebRtcServerOptions) {
		this.#options = options;
		this.#registry = new SessionRegistry(options.maxSessions, () => options.clock.now());
	}

	async create(
		streamId: string,
		text: string,
		signal: AbortSignal,
		onEnded: () => void = () => {},
	): Promise<CreatedSession> {
		const offer = parseOffer(text, this.#offers);
		const seat = this.#registry.reserve();
		try {
			this.#assertOpen();
			// A refusal is by what the camera sends now: its settings may have been changed.
			const enough = (tracks: readonly Track[]) => fits(offer, tracks);
			const lease = await this.#options.directory.claim(streamId, signal, { enough });
			try {
				this.#assertOpen();
				signal.throwIfAborted();
				return this.#open(lease, offer, seat.take, onEnded);
			} catch (error) {
				lease.release();
				throw error;
			}
		} finally {
			seat.release();
		}
	}

	sessionOf(resource: string): string | undefined {
		return this.#registry.get(sessionIdOf(resource))?.id;
	}

	etag(sessionId: string): string | undefined {
		const viewer = this.#registry.get(sessionId);
		return viewer && `"${sessionId}-${viewer.ice.generation}"`;
	}

	updateIce(sessionId: string, fragment: string): string | undefined {
		const credentials = parseIceFragment(fragment);
		const viewer = this.#registry.get(sessionId);
		if (!viewer) throw new DualcastError('session_not_found', 'there is no such session; it has ended or never was');
		const local = viewer.ice.update(credentials, this.#options.clock.now());
		return local && writeIceFragment(local);
	}

	connection(sessionId: string): ConnectionReport | undefined {
		return this.#registry.get(sessionId)?.connection();
	}

	firstFrameShown(sessionId: string, milliseconds: number): boolean {
		const viewer = this.#registry.get(sessionId);
		viewer?.player.firstFrameShown(milliseconds);
		return viewer !== undefined;
	}

	remove(sessionId: string): boolean {
		const viewer = this.#registry.get(sessionId);
		viewer?.end('ended by request');
		return viewer !== undefined;
	}

	sessions(streamId?: string): SessionInfo[] {
		return this.#registry.all(streamId).map((viewer) => viewer.info());
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

	#open(lease: Lease, offer: Offer, take: (viewer: Viewer) => void, onEnded: () => void): CreatedSession {
		const { clock, transport, randomBytes, logger } = this.#options;
		const broadcast = this.#broadcastOf(lease.stream);
		try {
			if (broadcast.reordered) refuseReordering(broadcast.tracks.video?.codec ?? 'h264', 1);
			if (broadcast.keyless) throw gradualRefreshError();
			if (broadcast.over) {
				throw broadcast.failure ?? new DualcastError('stream_closed', `stream ${lease.stream.id} was closed`);
			}
			const negotiation = negotiate(offer, broadcast.tracks);
			const resource = randomResource(randomBytes);
			const id = sessionIdOf(resource);
			const viewer: Viewer = new Viewer({
				id,
				streamId: lease.stream.id,
				broadcast,
				negotiation,
				transport,
				clock,
				logger,
				onClosed: () => {
					this.#registry.delete(viewer);
					lease.release();
					onEnded();
				},
			});
			take(viewer);
			const answer = writeAnswer({
				offer,
				negotiation,
				local: viewer.ice.local,
				originId: randomOriginId(randomBytes),
				sources: { video: broadcast.video, audio: broadcast.audio },
				audioChannels: broadcast.tracks.audio?.channels ?? 1,
			});
			return { sessionId: id, resource, answer, skipped: negotiation.skipped };
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

function fits(offer: Offer, tracks: readonly Track[]): boolean {
	try {
		negotiate(offer, carriedTracks(tracks));
		return true;
	} catch {
		return false;
	}
}
