import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Wish } from '../../auth/access.ts';
import { DualcastError } from '../../base/errors.ts';
import { methodNotAllowed } from '../error-handler.ts';
import { callerOf, guard, readsStream } from '../guard.ts';
import { bodyOf, JSON_TYPE } from '../request-body.ts';
import { streamIdOf, streamNotFound } from '../stream-path.ts';
import { firstFrameTold } from './first-frame.ts';
import {
	allowOrigins,
	ICE_FRAGMENT,
	MAX_OFFER_BYTES,
	requireType,
	SDP,
	type WhepOffers,
	type WhepOptions,
} from './offers.ts';
import { requireWebRtc, sessionNotFound } from './webrtc-sessions.ts';

/** Seconds for which a browser may remember a preflight's answer; browsers cap it themselves. */
const PREFLIGHT_MAX_AGE_S = 7200;

/**
 * `/whep`: watching by WebRTC (draft-ietf-wish-whep). `POST /whep/<stream>` takes an offer and answers with the
 * session's URL, `/whep/sessions/<secret>`, which `DELETE` ends and `PATCH` tells of the viewer's candidates or restarts
 * ICE; `POST` to `first-frame` below it tells when the player showed its first picture. The answer holds every candidate
 * of ours. No stream id begins with `sessions`.
 */
export function whepRouter({ streams, webrtc, auth }: WhepOptions, offers: WhepOffers): Router {
	const router = Router({ caseSensitive: true });

	router.use((_request, response, next) => {
		allowOrigins(response);
		next();
	});

	router
		.route('/sessions/:session')
		.options(preflight(SDP))
		.all(sessionToAskFor, guard(auth.access, readsSession, 'webrtc'))
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
		.patch(updateIce)
		.all(methodNotAllowed('GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'));

	router
		.route('/sessions/:session/first-frame')
		.options(preflight(JSON_TYPE))
		.all(sessionToAskFor, guard(auth.access, readsSession, 'webrtc'))
		.post(
			firstFrameTold((request, milliseconds) => {
				const id = sessionIdOf(request);
				if (id === undefined || !requireWebRtc(webrtc).firstFrameShown(id, milliseconds)) throw sessionNotFound();
			}),
		)
		.all(methodNotAllowed('POST', 'OPTIONS'));

	router
		.route('/*id')
		.options(preflight(SDP))
		.post((request, response) => offers.answer(request, response, streamIdOf(request), callerOf(request, 'webrtc')))
		.all(guard(auth.access, readsStream, 'webrtc'), streamExists)
		.head((_request, response) => {
			response.status(200).setHeader('Content-Type', SDP).end();
		})
		.get((_request, response) => {
			response.status(204).end();
		})
		.all(methodNotAllowed('GET', 'HEAD', 'POST', 'OPTIONS'));

	return router;

	/** The id behind the secret in the path. */
	function sessionIdOf(request: Request): string | undefined {
		return requireWebRtc(webrtc).sessionOf(String(request.params.session));
	}

	/** WHEP 4.4: a restart, or candidates, which say nothing to a lite agent. */
	async function updateIce(request: Request, response: Response): Promise<void> {
		requireType(request, response, ICE_FRAGMENT, 'Accept-Patch');
		const fragment = (await bodyOf(request, response, MAX_OFFER_BYTES)).toString('utf8');
		const port = requireWebRtc(webrtc);
		const id = sessionIdOf(request);
		const current = id === undefined ? undefined : port.etag(id);
		if (id === undefined || current === undefined) throw sessionNotFound();
		checkPrecondition(request.get('if-match'), current);
		const answer = port.updateIce(id, fragment);
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

	/** A service has nothing to say about a session that is over: it would answer as to a stranger. */
	function sessionToAskFor(request: Request, _response: Response, next: () => void): void {
		if (auth.access.asksService && sessionIdOf(request) === undefined) throw sessionNotFound();
		next();
	}

	/** Who lost the right to read a stream has lost its sessions too. */
	function readsSession(request: Request): Wish {
		const id = sessionIdOf(request);
		const stream = id === undefined ? undefined : webrtc?.session(id)?.stream_id;
		return stream === undefined ? { action: 'read' } : { action: 'read', stream };
	}

	function streamExists(request: Request, _response: Response, next: () => void): void {
		requireWebRtc(webrtc);
		if (!streams.has(streamIdOf(request))) throw streamNotFound();
		next();
	}
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

/** @param accepts type of the body of a POST */
function preflight(accepts: string): RequestHandler {
	return (_request, response) => {
		response
			.status(204)
			.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS')
			.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-Match')
			.setHeader('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_S)
			.setHeader('Accept-Post', accepts)
			.end();
	};
}
