import type { IncomingMessage, ServerResponse } from 'node:http';

/** Origins whose pages may read HLS: every one, or these. */
export type CorsOrigins = '*' | readonly string[];

const ALLOWED_METHODS = 'GET, HEAD, OPTIONS';
const PREFLIGHT_SECONDS = 86_400;

/** Sets the CORS headers that every answer carries, errors too. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: CorsOrigins): void {
	if (origins === '*') {
		response.setHeader('Access-Control-Allow-Origin', '*');
	} else {
		response.appendHeader('Vary', 'Origin');
		const { origin } = request.headers;
		if (origin !== undefined && origins.includes(origin)) response.setHeader('Access-Control-Allow-Origin', origin);
	}
	response.setHeader('Access-Control-Expose-Headers', 'Content-Length, Date');
}

/** Answers OPTIONS, preflight or not. */
export function answerOptions(response: ServerResponse): void {
	response.writeHead(204, {
		Allow: ALLOWED_METHODS,
		'Access-Control-Allow-Methods': ALLOWED_METHODS,
		'Access-Control-Allow-Headers': 'Authorization, Range, Cache-Control',
		'Access-Control-Max-Age': PREFLIGHT_SECONDS,
	});
	response.end();
}

export { ALLOWED_METHODS };
