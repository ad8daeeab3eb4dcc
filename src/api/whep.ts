import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Wish } from '../auth/access.ts';
import type { Auth } from '../auth/auth.ts';
import { tokenOf } from '../auth/token-source.ts';
import { systemClock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import { Turns } from '../base/turns.ts';
import { methodNotAllowed } from './error-handler.ts';
import { callerOf, grantOf, guard, readsStream } from './guard.ts';
import { type IceServer, iceServerLinks } from './ice-server-link.ts';
import type { StreamInfo, StreamsPort, WebRtcPort } from './ports.ts';
import { rawBody } from './request-body.ts';
import { streamIdOf, streamNotFound } from './stream-path.ts';
import { requireWebRtc, sessionNotFound } from './webrtc-sessions.ts';

export type WhepOptions = {
	streams: StreamsPort;
	/** Undefined when WebRTC is switched off. */
	webrtc: WebRtcPort | undefined;
	iceServers: readonly IceServer[];
	auth: Auth;
};

const MAX_OFFER_BYTES = 64 * 1024;
const SDP = 'application/sdp';
const ICE_FRAGMENT = 'application/trickle-ice-sdpfrag';
/** Seconds for which a browser may remember a preflight's answer; browsers cap it themselves. */
const PREFLIGHT_MAX_AGE_S = 7200;

/**
 * `/whep`: watching by WebRTC (draft-ietf-wish-whep). `POST /whep/<stream>` takes an offer and answers with the
 * session's URL, `/whep/sessions/<secret>`, which `DELETE` ends and `PATCH` tells of the viewer's candidates or restarts
 * ICE. The answer holds every candidate of ours. No stream id begins with `sessions`.
 */
export function whepRouter({ streams, webrtc, iceServers, auth }: WhepOptions): Router {
	const router = Router({ caseSensitive: true });
	const turns = new Turns();
	const body = rawBody(MAX_OFFER_BYTES);

	router.use(cors);

	router
		.route('/sessions/:session')
		.options(preflight)
		.all(guard(auth.access, readsSession, 'webrtc'))
		.get((request, response) => {
			const id = sessionIdOf(request);
			const connection = id === undefined ? undefined : requireWebRtc(webrtc).connection(id);
			if (!connection) throw sessionNotFound();
			// Plain WHEP has no body here; a player that cannot connect asks what the gateway has seen of it.
			if (request.accepts(['application/sdp', 'application/json']) === 'application/json') response.json(connection);
			else response.status(204).end();
		})
		.delete((request, response) => {
			const id = sessionIdOf(request);
			if (id === undefined || !requireWebRtc(webrtc).remove(id)) throw sessionNotFound();
			response.status(200).end();
		})
		.patch(requireType(ICE_FRAGMENT, 'Accept-Patch'), body, updateIce)
		.all(methodNotAllowed('GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'));

	router
		.route('/*id')
		.options(preflight)
		.post(inTurn)
		.all(guard(auth.access, readsStream, 'webrtc'), streamExists)
		.head((_request, response) => {
			response.status(200).setHeader('Content-Type', SDP).end();
		})
		.get((_request, response) => {
			response.status(204).end();
		})
		.post(requireType(SDP, 'Accept-Post'), body, answerOffer)
		.all(methodNotAllowed('GET', 'HEAD', 'POST', 'OPTIONS'));

	return router;

	/** The id behind the secret in the path. */
	function sessionIdOf(request: Request): string | undefined {
		return requireWebRtc(webrtc).sessionOf(String(request.params.session));
	}

	/** WHEP 4.4: a restart, or candidates, which say nothing to a lite agent. */
	function updateIce(request: Request, response: Response): void {
		const port = requireWebRtc(webrtc);
		const id = sessionIdOf(request);
		const current = id === undefined ? undefined : port.etag(id);
		if (id === undefined || current === undefined) throw sessionNotFound();
		checkPrecondition(request.get('if-match'), current);
		const answer = port.updateIce(id, textOf(request));
		if (answer === undefined) {
			response.status(204).end();
			return;
		}
		response
			.status(200)
			.setHeader('Content-Type', ICE_FRAGMENT)
			.setHeader('Cache-Control', 'no-store')
			.setHeader('ETag', port.etag(id) ?? current)
			.end(answer);
	}

	/** Who lost the right to read a stream has lost its sessions too. */
	function readsSession(request: Request): Wish {
		const id = sessionIdOf(request);
		const stream = id === undefined ? undefined : webrtc?.session(id)?.stream_id;
		return stream === undefined ? { action: 'read' } : { action: 'read', stream };
	}

	/** A whole class may click at once: those who watch already get their packets in between. */
	async function inTurn(_request: Request, response: Response, next: () => void): Promise<void> {
		await turns.next();
		if (!response.closed) next();
	}

	function streamExists(request: Request, _response: Response, next: () => void): void {
		requireWebRtc(webrtc);
		if (!streams.has(streamIdOf(request))) throw streamNotFound();
		next();
	}

	async function answerOffer(request: Request, response: Response): Promise<void> {
		const port = requireWebRtc(webrtc);
		const gone = new AbortController();
		const abort = () => gone.abort();
		response.once('close', abort);
		const grant = grantOf(response);
		let unwatch = () => {};
		const ended = () => unwatch();
		const id = streamIdOf(request);
		const created = await port.create(id, textOf(request), gone.signal, ended).catch((error: unknown) => {
			throw withOtherOutputs(error, streams.get(id)?.urls);
		});
		const { sessionId, resource, answer } = created;
		if (gone.signal.aborted) {
			port.remove(sessionId);
			return;
		}
		// It closes after every answer too, and the reason of an abort is an error with its stack.
		response.off('close', abort);
		if (grant) unwatch = auth.sessions.add(grant, () => port.remove(sessionId));
		const links = iceServerLinks(iceServers, systemClock.wall());
		if (links.length > 0) response.setHeader('Link', links);
		response
			.status(201)
			.setHeader('Location', `/whep/sessions/${resource}${tokenQuery(request)}`)
			.setHeader('ETag', port.etag(sessionId) ?? '')
			.setHeader('Accept-Patch', ICE_FRAGMENT)
			.setHeader('Content-Type', SDP)
			.setHeader('Cache-Control', 'no-store')
			.end(answer);
	}
}

/** Where a stream plays that a browser does not take by WebRTC. */
function withOtherOutputs(error: unknown, urls: StreamInfo['urls'] | undefined): unknown {
	if (!(error instanceof DualcastError) || error.code !== 'codec_unsupported' || !urls) return error;
	const { hls, rtsp } = urls;
	const facts = { ...error.facts, ...(hls !== undefined && { hls }), ...(rtsp !== undefined && { rtsp }) };
	return new DualcastError(error.code, error.message, { cause: error, facts });
}

function textOf(request: Request): string {
	return Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
}

/** @throws DualcastError `precondition_required`, `precondition_failed` (RFC 9110 13.1.1) */
function checkPrecondition(ifMatch: string | undefined, current: string): void {
	if (ifMatch === undefined) {
		throw new DualcastError('precondition_required', "send If-Match with the session's ETag, or * to restart ICE");
	}
	const tags = ifMatch.split(',').map((tag) => tag.trim());
	if (tags.includes('*') || tags.includes(current)) return;
	throw new DualcastError('precondition_failed', 'ICE was restarted since; this is about an earlier ICE session');
}

/** A player that brings its token in the address finds it in the session's address too. */
function tokenQuery(request: Request): string {
	if (request.headers.authorization !== undefined) return '';
	const token = tokenOf(undefined, callerOf(request).url);
	return token === undefined ? '' : `?jwt=${encodeURIComponent(token)}`;
}

/** `/<stream>/whep`, as players made for MediaMTX have it, is `/whep/<stream>`. */
export const whepAlias: RequestHandler = (request, _response, next) => {
	const [, stream, query = ''] = ALIAS.exec(request.url) ?? [];
	if (stream !== undefined) request.url = `/whep/${stream}${query}`;
	next();
};
const ALIAS = /^\/(?!(?:api|assets|hls|watch|whep)\/)([^?]+)\/whep(\?.*)?$/;

/** Players stand on other sites too; nothing here depends on cookies, so any origin may call. */
const cors: RequestHandler = (_request, response, next) => {
	response.setHeader('Access-Control-Allow-Origin', '*');
	response.setHeader(
		'Access-Control-Expose-Headers',
		'Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, Allow, WWW-Authenticate',
	);
	next();
};

const preflight: RequestHandler = (_request, response) => {
	response
		.status(204)
		.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS')
		.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-Match')
		.setHeader('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_S)
		.setHeader('Accept-Post', SDP)
		.end();
};

/** Parameters of the type (`; charset=utf-8`) do not matter. */
function requireType(wanted: string, header: 'Accept-Post' | 'Accept-Patch'): RequestHandler {
	return (request, response, next) => {
		const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
		if (type === wanted) {
			next();
			return;
		}
		response.setHeader(header, wanted);
		throw new DualcastError('unsupported_media_type', `send the body with Content-Type: ${wanted}`);
	};
}
