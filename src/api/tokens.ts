import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Auth } from '../auth/auth.ts';
import { streamPattern } from '../auth/claims.ts';
import { ACTIONS, type Grant, permits, ROLES } from '../auth/grant.ts';
import { tokenOf } from '../auth/token-source.ts';
import { DualcastError } from '../base/errors.ts';
import { methodNotAllowed } from './error-handler.ts';
import { callerOf, guard } from './guard.ts';
import { hostOf } from './own-pages.ts';
import { placeHolder } from './place-holder.ts';
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
const name = z.string().min(1).max(256);

/** Who asks for a token, and for what. */
export const application = z.object({
	user_type: z.enum(ROLES).default('student'),
	user_id: name,
	action: z.enum(ACTIONS).default('read'),
	stream: streamPattern.optional(),
	class_code: name.optional(),
});

/** What is taken back. */
export const revocation = z.union([z.strictObject({ subject: name }), z.strictObject({ token_id: name })], {
	error: 'expected {"subject": …} or {"token_id": …}',
});

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
		const node = await place(action === 'read' ? stream : undefined, trusted ? undefined : placeHolder(grant, caller));
		const { token, expiresIn } = await auth.issue({ ...decided, node: node.name });
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
		const target = checked(revocation, bodyOf(request));
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

function queryOf(request: Request): Record<string, string> {
	const question = request.originalUrl.indexOf('?');
	const parameters = new URLSearchParams(question < 0 ? '' : request.originalUrl.slice(question + 1));
	return Object.fromEntries(parameters);
}

function bodyOf(request: Request): object {
	return typeof request.body === 'object' && request.body !== null ? request.body : {};
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
	const { success, data, error } = schema.safeParse(value);
	if (success) return data;
	const [issue] = error.issues;
	const field = issue?.path.join('.') ?? '';
	throw new DualcastError('request_invalid', `${field === '' ? 'the body' : `"${field}"`}: ${issue?.message}`, {
		facts: { field },
	});
}
