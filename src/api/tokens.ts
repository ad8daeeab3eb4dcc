import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Auth } from '../auth/auth.ts';
import { STREAM_PATTERN } from '../auth/claims.ts';
import { ACTIONS, type Grant, permits, ROLES } from '../auth/grant.ts';
import { MAX_NAME_LENGTH } from '../auth/limits.ts';
import { TOKEN_PARAMETERS, tokenOf } from '../auth/token-source.ts';
import { DualcastError } from '../base/errors.ts';
import { choice, text } from '../config/fields.ts';
import { checked } from './checked-body.ts';
import { placeHolder } from './cluster/place-holder.ts';
import { methodNotAllowed } from './error-handler.ts';
import { callerOf, guard } from './guard.ts';
import { hostOf } from './pages/own-pages.ts';
import { jsonBody } from './request-body.ts';

/** Where a viewer is sent. */
export type ViewerNode = {
	/** Undefined outside a cluster. */
	readonly name: string | undefined;
	/** Base of its URLs, without a slash at the end; undefined for the host that was asked. */
	readonly url: string | undefined;
};

export type TokensOptions = {
	readonly auth: Auth;
	/**
	 * The node for a viewer of a stream.
	 *
	 * @param holder whom the place is kept for; undefined for one of whom there is no second
	 * @throws DualcastError when there is none
	 */
	readonly place: (stream: string | undefined, holder?: string) => Promise<ViewerNode>;
};

const MAX_BODY_BYTES = 16_384;
const name = text(256);
const streamPattern = text(MAX_NAME_LENGTH).regex(STREAM_PATTERN, {
	error: 'expected the name of a stream, prefix/*, class:NAME or *',
});

/** Who asks for a token, and for what. Strict: without `stream` a token is for all that may be had. */
export const application = z.strictObject(
	{
		user_id: name,
		user_type: choice(ROLES).default('student'),
		action: choice(ACTIONS).default('read'),
		stream: streamPattern.optional(),
		class_code: name.optional(),
	},
	{ error: 'the fields are user_id, user_type, action, stream, class_code' },
);

const oneOfBoth = { error: 'expected {"subject": …} or {"token_id": …}' };
/** What is taken back. */
export const revocation = z.union(
	[z.strictObject({ subject: name }, oneOfBoth), z.strictObject({ token_id: name }, oneOfBoth)],
	oneOfBoth,
);

/** `POST /api/token`: tokens for viewers; `POST /api/token/revoke`: an admin takes them back. */
export function tokensRouter({ auth, place }: TokensOptions): Router {
	const router = Router({ caseSensitive: true });
	const json = jsonBody(MAX_BODY_BYTES);

	router.route('/').post(json, issue).all(methodNotAllowed('POST'));
	router
		.route('/revoke')
		.post(
			guard(auth.access, () => ({ action: 'admin' })),
			json,
			revoke,
		)
		.all(methodNotAllowed('POST'));
	return router;

	async function issue(request: Request, response: Response): Promise<void> {
		const fields = checked(application, { ...queryOf(request), ...bodyOf(request) });
		const { user_type: role, user_id: subject, action, stream, class_code: classCode } = fields;
		const apiKey = request.get('x-api-key');
		const grant = await grantToAsk(request, apiKey ?? classCode);
		const caller = callerOf(request).address;
		const decided = auth.decide({ subject, role, action, stream, apiKey, classCode, grant, caller });
		// These give tokens to whole classes; others are counted, as everybody can ask again and again.
		const trusted = apiKey !== undefined || (grant && permits(grant, 'admin'));
		const holder = trusted ? undefined : placeHolder(grant, caller);
		const node = await place(action === 'read' ? stream : undefined, holder);
		const { token, expiresIn } = await auth.issue({ ...decided, node: node.name, holder });
		response.status(200).json({
			token,
			token_type: 'Bearer',
			expires_in: expiresIn,
			node: node.name ?? null,
			...(isOneStream(stream) && urls(node.url ?? originOf(request), originOf(request), stream, token)),
		});
	}

	/** A token that comes with the request counts when nothing else is brought. */
	async function grantToAsk(request: Request, other: string | undefined): Promise<Grant | undefined> {
		if (other !== undefined) return undefined;
		const caller = callerOf(request);
		const token = tokenOf(caller.authorization, caller.url);
		return token === undefined ? undefined : await auth.access.verify(token, caller);
	}

	function revoke(request: Request, response: Response): void {
		const target = checked(revocation, request.body);
		auth.revoke('subject' in target ? target : { tokenId: target.token_id });
		response.status(204).end();
	}
}

/** `*`, `prefix/*` and `class:NAME` stand for many. */
function isOneStream(pattern: string | undefined): pattern is string {
	return pattern !== undefined && !/[*:]/.test(pattern);
}

/**
 * Players that take an address alone find the token in it.
 *
 * @param base of the node that serves the viewer
 * @param asked the host that was asked: its page finds another node when that one ends
 */
function urls(base: string, asked: string, stream: string, token: string) {
	const query = `?jwt=${token}`;
	return {
		webrtc_url: `${base}/whep/${stream}${query}`,
		hls_url: `${base}/hls/${stream}/index.m3u8${query}`,
		ll_hls_url: `${base}/hls/${stream}/ll.m3u8${query}`,
		watch_url: `${asked}/watch/${stream}${query}`,
	};
}

function originOf(request: Request): string {
	return `${request.protocol}://${hostOf(request) || 'localhost'}`;
}

/** Without the token, which may stand there too. */
function queryOf({ originalUrl }: Request): Record<string, string> {
	const question = originalUrl.indexOf('?');
	const parameters = new URLSearchParams(question < 0 ? '' : originalUrl.slice(question + 1));
	for (const parameter of TOKEN_PARAMETERS) parameters.delete(parameter);
	const twice = Object.keys(application.shape).find((field) => parameters.getAll(field).length > 1);
	if (twice !== undefined) {
		throw new DualcastError('request_invalid', `${twice}: is given twice; ask for one token after the other`, {
			facts: { field: twice },
		});
	}
	return Object.fromEntries(parameters);
}

/** @throws DualcastError `request_invalid` */
function bodyOf({ body }: { body?: unknown }): object {
	if (body === undefined) return {};
	if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
	throw new DualcastError(
		'request_invalid',
		'expected the fields in the query or as a JSON object, such as {"user_id": "ann"}',
	);
}
