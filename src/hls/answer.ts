import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlaylistBody } from './playlist.ts';
import type { Segment } from './segment.ts';

const GZIP = /(?:^|,)\s*gzip\s*(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))(?:;|,|$)/i;
/** A segment's name never comes again with other bytes. */
const IMMUTABLE = 'max-age=31536000, immutable';

/** @param compression whether clients that can take gzip get it */
export function answerPlaylist(
	request: IncomingMessage,
	response: ServerResponse,
	playlist: PlaylistBody,
	compression: boolean,
): void {
	const compressed = compression && GZIP.test(String(request.headers['accept-encoding'] ?? ''));
	if (compression) response.appendHeader('Vary', 'Accept-Encoding');
	if (compressed) response.setHeader('Content-Encoding', 'gzip');
	const body = compressed ? playlist.compressed : playlist.plain;
	answer(request, response, 'application/vnd.apple.mpegurl', 'no-cache', body);
}

export function answerSegment(request: IncomingMessage, response: ServerResponse, segment: Segment): void {
	answer(request, response, 'video/mp2t', IMMUTABLE, segment.bytes);
}

function answer(
	request: IncomingMessage,
	response: ServerResponse,
	contentType: string,
	cacheControl: string,
	body: Uint8Array,
): void {
	response.writeHead(200, {
		'Content-Type': contentType,
		'Content-Length': body.length,
		'Cache-Control': cacheControl,
	});
	if (request.method === 'HEAD') response.end();
	else response.end(body);
}
