import express, { type RequestHandler } from 'express';
import { DualcastError } from '../base/errors.ts';

/** Reads a JSON body of at most `limit` bytes into `request.body`; one of another type is not read. */
export function jsonBody(limit: number): RequestHandler {
	return atMost(limit, express.json({ limit, inflate: false, strict: true }));
}

/** Reads a body of any type and at most `limit` bytes into `request.body`, a Buffer. */
export function rawBody(limit: number): RequestHandler {
	return atMost(limit, express.raw({ type: () => true, limit, inflate: false }));
}

/**
 * Refuses a body that is too long as soon as that shows, and cuts the connection. The parsers read it to its end first,
 * however long that is.
 */
function atMost(limit: number, parse: RequestHandler): RequestHandler {
	return (request, response, next) => {
		let received = 0;
		const refuse = () => {
			if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
			next(new DualcastError('payload_too_large', `the body is longer than ${limit} bytes`));
		};
		const count = ({ length }: Uint8Array) => {
			received += length;
			if (received <= limit) return;
			request.off('data', count);
			refuse();
		};
		if (Number(request.headers['content-length'] ?? 0) > limit) {
			refuse();
			return;
		}
		request.on('data', count);
		// What the parser finds wrong with a body that was refused comes too late to be told.
		parse(request, response, next);
	};
}
