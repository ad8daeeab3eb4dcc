import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Access, Wish } from '../auth/access.ts';
import type { Action } from '../auth/grant.ts';
import { DualcastError } from '../base/errors.ts';
import { methodNotAllowed } from './error-handler.ts';
import { jsonBody } from './request-body.ts';

const MAX_BODY_BYTES = 65_536;
const text = z
	.string()
	.max(16_384)
	.nullish()
	.transform((value) => value ?? '');

/** What MediaMTX asks its HTTP authentication service. */
export const mediaMtxRequest = z.object({
	user: text,
	password: text,
	token: text,
	ip: text,
	action: z.enum(['publish', 'read', 'playback', 'api', 'metrics', 'pprof']),
	path: text,
	protocol: text,
	query: text,
});

/** `/hls/<stream>/<file>`, `/whep/<stream>`, `/watch/<stream>`. */
const ORIGINAL_PATH = /^\/(?:hls\/(?<hls>[^?#]+)\/[^/?#]+|(?:whep|watch)\/(?<other>[^?#]+))(?:[?#]|$)/;
const PROTOCOLS = { hls: 'hls', webrtc: 'webrtc', rtsp: 'rtsp' } as const;

/**
 * `/api/auth`: decisions for others. `POST /mediamtx` answers MediaMTX's `authHTTPAddress`; `GET /request` answers
 * nginx's `auth_request`, which names the path in `X-Original-URI`. 2xx lets the viewer in.
 */
export function authHooksRouter(access: Access): Router {
	const router = Router({ caseSensitive: true });
	router.route('/mediamtx').post(jsonBody(MAX_BODY_BYTES), forMediaMtx).all(methodNotAllowed('POST'));
	router.route('/request').get(forNginx).all(methodNotAllowed('GET', 'HEAD'));
	return router;

	async function forMediaMtx(request: Request, response: Response): Promise<void> {
		const { success, data } = mediaMtxRequest.safeParse(request.body);
		if (!success) throw new DualcastError('request_invalid', "the body is not a request in MediaMTX's format");
		const { user, password, token, query, ip, path, action } = data;
		const basic = Buffer.from(`${user}:${password}`).toString('base64');
		await access.authorize(
			{
				authorization: token !== '' ? `Bearer ${token}` : password !== '' ? `Basic ${basic}` : undefined,
				url: `/?${query}`,
				address: ip,
				protocol: PROTOCOLS[data.protocol as keyof typeof PROTOCOLS] ?? 'http',
			},
			wishOf(action, path),
		);
		response.status(200).end();
	}

	async function forNginx(request: Request, response: Response): Promise<void> {
		const original = request.get('x-original-uri') ?? '';
		const { hls, other } = ORIGINAL_PATH.exec(original)?.groups ?? {};
		const stream = hls ?? other;
		if (stream === undefined) {
			throw new DualcastError('request_invalid', 'X-Original-URI must hold the path of a stream, /hls/<stream>/…');
		}
		await access.authorize(
			{
				authorization: request.headers.authorization,
				url: original,
				address: request.get('x-real-ip') ?? request.socket.remoteAddress ?? '',
				protocol: hls === undefined ? 'webrtc' : 'hls',
			},
			{ action: 'read', stream },
		);
		response.status(204).end();
	}
}

function wishOf(action: z.output<typeof mediaMtxRequest>['action'], stream: string): Wish {
	const own: Action = action === 'api' || action === 'metrics' || action === 'pprof' ? 'admin' : action;
	return own === 'admin' ? { action: own } : { action: own, stream };
}
