import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../auth/access.ts';
import type { Auth } from '../../auth/auth.ts';
import { systemClock } from '../../base/clock.ts';
import { DualcastError } from '../../base/errors.ts';
import { Turns } from '../../base/turns.ts';
import type { HlsPort, StreamInfo, StreamsPort } from '../ports.ts';
import { bodyOf, mediaTypeOf } from '../request-body.ts';
import { streamNotFound } from '../stream-path.ts';
import { type IceServer, iceServerLinks } from './ice-server-link.ts';
import { SKIPPED_TRACKS, skippedTracksHeader } from './skipped-tracks-header.ts';
import type { WebRtcPort } from './webrtc-port.ts';
import { requireWebRtc } from './webrtc-sessions.ts';

export type WhepOptions = {
	streams: StreamsPort;
	/** Undefined when WebRTC is switched off. */
	webrtc: WebRtcPort | undefined;
	/** Named to browsers that WebRTC has nothing for. */
	hls: Pick<HlsPort, 'playlistFor'> | undefined;
	iceServers: readonly IceServer[];
	auth: Auth;
};

export const MAX_OFFER_BYTES = 64 * 1024;
export const SDP = 'application/sdp';
export const ICE_FRAGMENT = 'application/trickle-ice-sdpfrag';

/** Answers viewers' offers (draft-ietf-wish-whep 4.2). */
export class WhepOffers {
	readonly #options: WhepOptions;
	readonly #turns = new Turns();

	constructor(options: WhepOptions) {
		this.#options = options;
	}

	/**
	 * Answers the `POST` of an offer for a stream with 201. Headers that were set before stay.
	 *
	 * @throws DualcastError whatever speaks against it; nothing was answered then
	 */
	async answer(request: IncomingMessage, response: ServerResponse, stream: string, caller: Caller): Promise<void> {
		const { streams, auth, iceServers } = this.#options;
		// A whole class may click at once: those who watch already get their packets in between.
		await this.#turns.next();
		if (response.closed) return;
		const grant = await auth.access.authorize(caller, { action: 'read', stream });
		const port = requireWebRtc(this.#options.webrtc);
		if (!streams.has(stream)) throw streamNotFound();
		requireType(request, response, SDP, 'Accept-Post');
		const offer = (await bodyOf(request, response, MAX_OFFER_BYTES)).toString('utf8');

		const gone = new AbortController();
		const abort = () => gone.abort();
		response.once('close', abort);
		let unwatch = () => {};
		const ended = () => unwatch();
		const created = await port.create(stream, offer, gone.signal, ended).catch((error: unknown) => {
			// Nobody is there to be told; responses of HTTP/2 do not say so.
			if (gone.signal.aborted) return undefined;
			throw withOtherOutputs(error, streams.get(stream), this.#options.hls);
		});
		if (!created) return;
		const { sessionId, resource, answer, skipped } = created;
		if (gone.signal.aborted) {
			port.remove(sessionId);
			return;
		}
		// It closes after every answer too, and the reason of an abort is an error with its stack.
		response.off('close', abort);
		const etag = port.etag(sessionId);
		if (etag === undefined) {
			throw new DualcastError('stream_closed', 'the stream ended as the offer was answered; try again');
		}
		if (grant) {
			unwatch = auth.sessions.add(grant, () => port.remove(sessionId));
			// The offer and the camera took their time.
			auth.sessions.check(grant);
		}
		const links = iceServerLinks(iceServers, systemClock.wall());
		if (links.length > 0) response.setHeader('Link', links);
		if (skipped.length > 0) response.setHeader(SKIPPED_TRACKS, skippedTracksHeader(skipped));
		response.statusCode = 201;
		const query = auth.access.carried(caller);
		response.setHeader('Location', `/whep/sessions/${resource}${query === '' ? '' : `?${query}`}`);
		response.setHeader('ETag', etag);
		response.setHeader('Accept-Patch', ICE_FRAGMENT);
		response.setHeader('Content-Type', SDP);
		response.setHeader('Cache-Control', 'no-store');
		response.end(answer);
	}
}

/** Players stand on other sites too; nothing here depends on cookies, so any origin may call. */
export function allowOrigins(response: ServerResponse): void {
	response.setHeader('Access-Control-Allow-Origin', '*');
	response.setHeader(
		'Access-Control-Expose-Headers',
		`Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, Allow, WWW-Authenticate, ${SKIPPED_TRACKS}`,
	);
}

/**
 * Parameters of the type (`; charset=utf-8`) do not matter.
 *
 * @param header tells the type that is wanted
 * @throws DualcastError `unsupported_media_type`
 */
export function requireType(
	request: IncomingMessage,
	response: ServerResponse,
	wanted: string,
	header: 'Accept-Post' | 'Accept-Patch',
): void {
	if (mediaTypeOf(request) === wanted) return;
	response.setHeader(header, wanted);
	throw new DualcastError('unsupported_media_type', `send the body with Content-Type: ${wanted}`);
}

/** Where a stream plays that a browser does not take by WebRTC. */
function withOtherOutputs(error: unknown, stream: StreamInfo | undefined, hls: WhepOptions['hls']): unknown {
	if (!(error instanceof DualcastError) || error.code !== 'codec_unsupported' || !stream) return error;
	const { rtsp } = stream.urls;
	const { codec } = error.facts;
	const playlist = hls?.playlistFor(typeof codec === 'string' ? codec : 'h264');
	const facts = {
		...error.facts,
		...(playlist !== undefined && { hls: `/hls/${stream.id}/${playlist}` }),
		...(rtsp !== undefined && { rtsp }),
	};
	return new DualcastError(error.code, error.message, { cause: error, facts });
}
