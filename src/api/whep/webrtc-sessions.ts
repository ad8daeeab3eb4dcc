import { Router } from 'express';
import type { Access } from '../../auth/access.ts';
import { DualcastError } from '../../base/errors.ts';
import { methodNotAllowed } from '../error-handler.ts';
import { guard, guardOverview } from '../guard.ts';
import { knownQuery } from '../known-query.ts';
import type { WebRtcPort, WebRtcSessionDetails } from './webrtc-port.ts';

/** `/api/v1/webrtc/sessions`: the WebRTC viewers, with `?stream=ID` those of one stream. Ending another's session takes an admin's token. */
export function webRtcSessionsRouter(webrtc: WebRtcPort | undefined, access: Access): Router {
	const router = Router({ caseSensitive: true });
	const mayLook = guardOverview(access);
	const ofStream = knownQuery(['stream']);

	router
		.route('/')
		.head(mayLook, ofStream, (_request, response) => {
			// Pages ask by this whether they may look.
			requireWebRtc(webrtc);
			response.type('json').end();
		})
		.get(mayLook, ofStream, (request, response) => {
			const query = new URLSearchParams(request.url.split('?', 2)[1]);
			response.json(requireWebRtc(webrtc).sessions(query.get('stream') ?? undefined));
		})
		.all(methodNotAllowed('GET', 'HEAD'));

	router
		.route('/:session')
		.get(mayLook, (request, response) => {
			const port = requireWebRtc(webrtc);
			const { session: id } = request.params;
			const session = port.session(id);
			const connection = port.connection(id);
			if (!session || !connection) throw sessionNotFound();
			response.json({ ...session, connection } satisfies WebRtcSessionDetails);
		})
		.delete(
			guard(access, () => ({ action: 'admin' })),
			(request, response) => {
				if (!requireWebRtc(webrtc).remove(request.params.session)) throw sessionNotFound();
				response.status(204).end();
			},
		)
		.all(methodNotAllowed('GET', 'HEAD', 'DELETE'));

	return router;
}

/** The port, or the error that names the key to change. */
export function requireWebRtc(webrtc: WebRtcPort | undefined): WebRtcPort {
	if (webrtc) return webrtc;
	throw new DualcastError(
		'webrtc_disabled',
		'WebRTC is switched off; set webrtc.enabled to true in the configuration, or watch by HLS',
		{ facts: { config_key: 'webrtc.enabled' } },
	);
}

export function sessionNotFound(): DualcastError {
	return new DualcastError('session_not_found', 'there is no such session; it has ended or never was');
}
