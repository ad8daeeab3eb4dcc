import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type RequestHandler } from 'express';
import { DualcastError } from '../base/errors.ts';

/**
 * Reads a JSON body of at most `limit` bytes into `request.body`; one of another type is not read. A body that is too
 * long is refused as by `bodyOf`: the parser reads it to its end first, however long that is.
 */
export function jsonBody(limit: number): RequestHandler {
	const parse = express.json({ limit, inflate: false, strict: true });
	return (request, response, next) => {
		let received = 0;
		const count = ({ length }: Uint8Array) => {
			received += length;
			if (received <= limit) return;
			request.off('data', count);
			next(tooLong(request, response, limit));
		};
		if (saysTooLong(request, limit)) {
			next(tooLong(request, response, limit));
			return;
		}
		request.on('data', count);
		// What the parser finds wrong with a body that was refused comes too late to be told.
		parse(request, response, next);
	};
}

/**
 * Reads a body of any type and at most `limit` bytes. A longer one is refused as soon as that shows, and the connection
 * is cut.
 *
 * @throws DualcastError `payload_too_large`, `unsupported_media_type` for a compressed body; the connection's error
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
		request.once('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
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
