import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { DualcastError } from '../base/errors.ts';

export const JSON_TYPE = 'application/json';

/**
 * Reads a JSON body of at most `limit` bytes into `request.body`; without a body that stays undefined. A body of another
 * type is refused: what it asks for would be left out without a word.
 */
export function jsonBody(limit: number): RequestHandler {
	return async (request, response, next) => {
		const body = await bodyOf(request, response, limit);
		if (body.length > 0) {
			if (mediaTypeOf(request) !== JSON_TYPE) {
				response.setHeader('Accept-Post', JSON_TYPE);
				throw new DualcastError('unsupported_media_type', `send the body as JSON, with Content-Type: ${JSON_TYPE}`);
			}
			request.body = parsed(body.toString('utf8'));
		}
		next();
	};
}

/** Without its parameters (`; charset=utf-8`), in lower case. */
export function mediaTypeOf({ headers }: IncomingMessage): string | undefined {
	return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// The parser's own words repeat a part of the body, which may be a password.
		throw new DualcastError(
			'request_invalid',
			'the body cannot be read as JSON; names and text stand in double quotes, as in {"name": "text"}, with a comma ' +
				'between fields and none after the last',
		);
	}
}

/**
 * Reads a body of any type and at most `limit` bytes. A longer one is refused as soon as that shows, and the connection
 * is cut.
 *
 * @throws DualcastError `payload_too_large`, `unsupported_media_type` for a compressed body, `request_invalid` for one that
 * breaks off; the connection's error
 */
export function bodyOf(request: IncomingMessage, response: ServerResponse, limit: number): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const encoding = request.headers['content-encoding'];
		if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
			throw new DualcastError('unsupported_media_type', 'send the body as it is, without Content-Encoding');
		}
		if (saysTooLong(request, limit)) throw tooLong(request, response, limit);
		const parts: Buffer[] = [];
		let received = 0;
		const take = (part: Buffer) => {
			received += part.length;
			parts.push(part);
			if (received <= limit) return;
			request.off('data', take);
			reject(tooLong(request, response, limit));
		};
		request.on('data', take);
		const finish = () => {
			if (request.aborted) reject(new DualcastError('request_invalid', 'the body ends before its end'));
			else resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
		};
		// A stream of HTTP/2 that is reset ends like any other; Node's own client ends it first and resets it then.
		request.once('end', () => (request.httpVersionMajor < 2 ? finish() : setImmediate(finish)));
		request.once('error', reject);
	});
}

function saysTooLong({ headers }: IncomingMessage, limit: number): boolean {
	return Number(headers['content-length'] ?? 0) > limit;
}

function tooLong(request: IncomingMessage, response: ServerResponse, limit: number): DualcastError {
	if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
	return new DualcastError('payload_too_large', `the body is longer than ${limit} bytes`);
}
