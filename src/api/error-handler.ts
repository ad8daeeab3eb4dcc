import type { ErrorRequestHandler, RequestHandler } from 'express';
import { DualcastError } from '../base/errors.ts';
import type { HttpRequest, HttpResponse } from '../base/http-exchange.ts';
import type { Logger } from '../base/logger.ts';
import { answerError, toDualcastError } from './problem.ts';

/** Answers every error of the routes before it. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
	return (thrown, request, response, _next) => reportError(logger, request, response, thrown);
}

/** Answers an error; what is nobody's fault outside goes to the log with its cause. */
export function reportError(logger: Logger, request: HttpRequest, response: HttpResponse, thrown: unknown): void {
	const error = toDualcastError(thrown);
	// A client that went away or broke the connection fails its request in many ways; that says nothing about us.
	const clientFailed = response.destroyed || Boolean(request.socket.errored);
	if (error.code === 'internal' && !clientFailed) {
		const path = request.url?.split('?', 1)[0];
		logger.error({ method: request.method, path, error: error.cause ?? error }, 'a request failed');
	}
	answerError(request, response, error);
}

/** The end of the routes. */
export const notFound: RequestHandler = () => {
	throw new DualcastError('not_found', 'there is nothing at this path; /api/openapi.json lists what there is');
};

/** The end of a route: names the methods it has (RFC 9110 15.5.6). */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
	const allow = allowed.join(', ');
	return (_request, response) => {
		response.setHeader('Allow', allow);
		throw new DualcastError('method_not_allowed', `this path answers ${allow}`);
	};
}
