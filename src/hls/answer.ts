import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Coding, PlaylistBody } from './playlist.ts';

/** A file's name never comes again with other bytes. */
const IMMUTABLE = 'max-age=31536000, immutable';
const RANGE = /^bytes=(\d*)-(\d*)$/;

/**
 * @param compression whether clients that can take it get the playlist compressed
 * @param guarded whether shared caches must not keep it
 */
export function answerPlaylist(
	request: IncomingMessage,
	response: ServerResponse,
	playlist: PlaylistBody,
	compression: boolean,
	guarded: boolean,
): void {
	const coding = compression ? codingFor(request.headers['accept-encoding']) : 'identity';
	const tag = playlist.tag(coding);
	if (compression) response.appendHeader('Vary', 'Accept-Encoding');
	response.setHeader('ETag', tag);
	response.setHeader('Cache-Control', guarded ? 'private, no-cache' : 'no-cache');
	if (request.headers['if-none-match'] === tag) {
		response.writeHead(304).end();
		return;
	}
	if (coding !== 'identity') response.setHeader('Content-Encoding', coding);
	response.setHeader('Content-Type', 'application/vnd.apple.mpegurl');
	end(request, response, 200, playlist.as(coding));
}

/** Answers with a playlist made for this one client. */
export function answerOwnPlaylist(request: IncomingMessage, response: ServerResponse, text: string): void {
	response.setHeader('Cache-Control', 'private, no-store');
	response.setHeader('Content-Type', 'application/vnd.apple.mpegurl');
	end(request, response, 200, Buffer.from(text));
}

/** Answers with a segment, a part or an init segment, whole or the range asked for. @param name tells the type */
export function answerMedia(
	request: IncomingMessage,
	response: ServerResponse,
	name: string,
	bytes: Uint8Array,
	guarded: boolean,
): void {
	response.setHeader('Content-Type', name.endsWith('.ts') ? 'video/mp2t' : 'video/mp4');
	response.setHeader('Cache-Control', guarded ? `private, ${IMMUTABLE}` : IMMUTABLE);
	const { range } = request.headers;
	const asked = range !== undefined && request.method === 'GET' ? readRange(range, bytes.length) : undefined;
	if (asked === undefined) {
		end(request, response, 200, bytes);
	} else if (asked === 'unsatisfiable') {
		response.setHeader('Content-Range', `bytes */${bytes.length}`);
		response.setHeader('Cache-Control', 'no-store');
		end(request, response, 416, new Uint8Array(0));
	} else {
		response.setHeader('Content-Range', `bytes ${asked.from}-${asked.to}/${bytes.length}`);
		end(request, response, 206, bytes.subarray(asked.from, asked.to + 1));
	}
}

function end(request: IncomingMessage, response: ServerResponse, status: number, body: Uint8Array): void {
	response.writeHead(status, { 'Content-Length': body.length });
	if (request.method === 'HEAD') response.end();
	else response.end(body);
}

/**
 * Reads a Range header (RFC 9110 section 14.2).
 *
 * @returns first and last byte; undefined when it is none that is understood, and the whole is the answer
 */
function readRange(header: string, size: number): { from: number; to: number } | 'unsatisfiable' | undefined {
	const [, first = '', last = ''] = RANGE.exec(header) ?? [];
	if (first === '' && last === '') return undefined;
	if (first === '') return last === '0' ? 'unsatisfiable' : { from: Math.max(0, size - Number(last)), to: size - 1 };
	const from = Number(first);
	const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
	if (last !== '' && Number(last) < from) return undefined;
	return from < size ? { from, to } : 'unsatisfiable';
}

/** The best coding that a client takes (RFC 9110 section 12.5.3). */
function codingFor(accepted: string | string[] | undefined): Coding {
	let best: Coding = 'identity';
	for (const item of String(accepted ?? '').split(',')) {
		const [name = '', ...parameters] = item.split(';').map((word) => word.trim().toLowerCase());
		if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
		if (name === 'br') return 'br';
		if (name === 'gzip') best = 'gzip';
	}
	return best;
}
