import type { Request, RequestHandler, Response } from 'express';
import type { Access, Caller, Wish } from '../auth/access.ts';
import type { Grant } from '../auth/grant.ts';
import { streamIdOf } from './stream-path.ts';

/** What a request brings along for `Access`. */
export function callerOf(request: Request, protocol: Caller['protocol'] = 'http'): Caller {
	return {
		authorization: request.headers.authorization,
		url: request.originalUrl,
		address: request.ip ?? '',
		protocol,
	};
}

/** Lets a request pass only with the right to what it wishes; `grantOf` then tells what its token allows. */
export function guard(
	access: Access,
	wishOf: (request: Request) => Wish,
	protocol?: Caller['protocol'],
): RequestHandler {
	return async (request, response, next) => {
		response.locals.grant = await access.authorize(callerOf(request, protocol), wishOf(request));
		next();
	};
}

/** Reading the stream that the path names. */
export function readsStream(request: Request): Wish {
	return { action: 'read', stream: streamIdOf(request) };
}

/** Looking at what concerns everybody is open where watching is. */
export function guardOverview(access: Access): RequestHandler {
	const strict = guard(access, () => ({ action: 'admin' }));
	return access.isPublic ? (_request, _response, next) => next() : strict;
}

/** The grant that `guard` found; undefined where everybody may. */
export function grantOf(response: Response): Grant | undefined {
	return response.locals.grant as Grant | undefined;
}
