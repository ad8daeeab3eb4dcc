import { isIP } from 'node:net';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Access, Wish } from '../auth/access.ts';
import type { Action } from '../auth/grant.ts';
import { DualcastError } from '../base/errors.ts';
import type { TrustedProxies } from '../base/trusted-proxies.ts';
import { methodNotAllowed } from './error-handler.ts';
import { callerOf } from './guard.ts';
import { jsonBody } from './request-body.ts';
import { withoutAlias } from './whep/alias.ts';

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

/** `/hls/<stream>/<file>`, `/whep/<stream>` or its alias, `/watch/<stream>`. */
const ORIGINAL_PATH = /^\/(?:hls\/(?<hls>[^?]+)|(?:whep|watch)\/(?<other>[^?]+))/;
/** `DELETE`, `PATCH` and more of a viewer, who alone knows the secret: it names no stream. */
const SESSION = /^\/whep\/sessions\/[\w-]+(?:\/first-frame)?(?:\?|$)/;
/** A stream's id: parts between slashes, none of which a server in between takes for a way up. */
const STREAM = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
const PROTOCOLS = { hls: 'hls', webrtc: 'webrtc', rtsp: 'rtsp' } as const;

/**
 * `/api/auth`: decisions for others. `POST /mediamtx` answers MediaMTX's `authHTTPAddress`; `GET /request` answers
 * nginx's `auth_request`, which names the path in `X-Original-URI`. 2xx lets the viewer in. The viewer's address is
 * believed from trusted proxies only: failed attempts are counted by it.
 */
export function authHooksRouter(access: Access, proxies: TrustedProxies): Router {
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
				address: addressOf(request, ip),
				protocol: PROTOCOLS[data.protocol as keyof typeof PROTOCOLS] ?? 'http',
			},
			wishOf(action, path),
		);
		response.status(200).end();
	}

	async function forNginx(request: Request, response: Response): Promise<void> {
		const original = request.get('x-original-uri') ?? '';
		await access.authorize(
			{
				authorization: request.headers.authorization,
				url: original,
				address: addressOf(request, request.get('x-real-ip')),
				protocol: original.startsWith('/hls/') ? 'hls' : 'webrtc',
			},
			SESSION.test(original) ? { action: 'read' } : { action: 'read', stream: streamIn(original) },
		);
		response.status(204).end();
	}

	/** @param said who asks, by who asks for it */
	function addressOf(request: Request, said = ''): string {
		const believed = isIP(said) !== 0 && proxies.has(request.socket.remoteAddress ?? '');
		return believed ? said : callerOf(request).address;
	}
}

/** @throws DualcastError `request_invalid`, `forbidden` */
function streamIn(path: string): string {
	const { hls, other } = ORIGINAL_PATH.exec(withoutAlias(path))?.groups ?? {};
	if (hls !== undefined) return checked(folderOf(checked(decoded(hls))));
	if (other !== undefined) return checked(decoded(other).replace(/\/$/, ''));
	throw new DualcastError('request_invalid', 'X-Original-URI must hold the path of a stream, /hls/<stream>/…');
}

function wishOf(action: z.output<typeof mediaMtxRequest>['action'], stream: string): Wish {
	const own: Action = action === 'api' || action === 'metrics' || action === 'pprof' ? 'admin' : action;
	return own === 'admin' ? { action: own } : { action: own, stream: checked(stream) };
}

/** As the server behind will see it; what cannot be decoded names nothing. */
function decoded(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return '';
	}
}

/** The stream in `<stream>/<file>`. */
function folderOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** @throws DualcastError `forbidden`: nginx takes anything but 401 and 403 for a fault of ours */
function checked(stream: string): string {
	if (STREAM.test(stream)) return stream;
	throw new DualcastError('forbidden', 'this path does not name a stream');
}
