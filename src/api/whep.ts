import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { DualcastError } from '../base/errors.ts';
import { methodNotAllowed } from './error-handler.ts';
import { type IceServer, iceServerLinks } from './ice-server-link.ts';
import type { StreamsPort, WebRtcPort } from './ports.ts';
import { streamIdOf, streamNotFound } from './stream-path.ts';
import { requireWebRtc, sessionNotFound } from './webrtc-sessions.ts';

export type WhepOptions = {
	streams: StreamsPort;
	/** Undefined when WebRTC is switched off. */
	webrtc: WebRtcPort | undefined;
	iceServers: readonly IceServer[];
};

const MAX_OFFER_BYTES = 64 * 1024;
const SDP = 'application/sdp';
/** Seconds for which a browser may remember a preflight's answer; browsers cap it themselves. */
const PREFLIGHT_MAX_AGE_S = 7200;

/**
 * `/whep`: watching by WebRTC (draft-ietf-wish-whep). `POST /whep/<stream>` takes an offer and answers with the
 * session's URL, `/whep/sessions/<session>`, which `DELETE` ends. There is neither trickle nor ICE restart: the
 * answer holds every candidate. No stream id begins with `sessions`.
 */
export function whepRouter({ streams, webrtc, iceServers }: WhepOptions): Router {
	const router = Router({ caseSensitive: true });
	const links = iceServerLinks(iceServers);
	const body = express.raw({ type: () => true, limit: MAX_OFFER_BYTES, inflate: false });

	router.use(cors);

	router
		.route('/sessions/:session')
		.options(preflight)
		.get((request, response) => {
			if (!requireWebRtc(webrtc).session(request.params.session)) throw sessionNotFound();
			response.status(204).end();
		})
		.delete((request, response) => {
			if (!requireWebRtc(webrtc).remove(request.params.session)) throw sessionNotFound();
			response.status(200).end();
		})
		.all(methodNotAllowed('GET', 'HEAD', 'DELETE', 'OPTIONS'));

	router
		.route('/*id')
		.options(preflight)
		.all(streamExists)
		.head((_request, response) => {
			response.status(200).setHeader('Content-Type', SDP).end();
		})
		.get((_request, response) => {
			response.status(204).end();
		})
		.post(requireSdp, body, answerOffer)
		.all(methodNotAllowed('GET', 'HEAD', 'POST', 'OPTIONS'));

	return router;

	function streamExists(request: Request, _response: Response, next: () => void): void {
		requireWebRtc(webrtc);
		if (!streams.get(streamIdOf(request))) throw streamNotFound();
		next();
	}

	async function answerOffer(request: Request, response: Response): Promise<void> {
		const port = requireWebRtc(webrtc);
		const gone = new AbortController();
		response.on('close', () => gone.abort());
		const offer = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
		const { sessionId, answer } = await port.create(streamIdOf(request), offer, gone.signal);
		if (gone.signal.aborted) {
			port.remove(sessionId);
			return;
		}
		if (links.length > 0) response.setHeader('Link', links);
		response
			.status(201)
			.setHeader('Location', `/whep/sessions/${sessionId}`)
			.setHeader('Content-Type', SDP)
			.setHeader('Cache-Control', 'no-store')
			.end(answer);
	}
}

/** Players stand on other sites too; nothing here depends on cookies, so any origin may call. */
const cors: RequestHandler = (_request, response, next) => {
	response.setHeader('Access-Control-Allow-Origin', '*');
	response.setHeader('Access-Control-Expose-Headers', 'Location, ETag, Link, Retry-After, Accept-Post, Allow');
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
const requireSdp: RequestHandler = (request, response, next) => {
	const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
	if (type === SDP) {
		next();
		return;
	}
	response.setHeader('Accept-Post', SDP);
	throw new DualcastError('unsupported_media_type', `send the offer with Content-Type: ${SDP}`);
};
