import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** What holds for every answer. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
	setSecurityHeaders(response);
	next();
};

/** No guessing of types, no address of ours (it may name a camera) to other sites. */
export function setSecurityHeaders(response: ServerResponse): void {
	response.setHeader('X-Content-Type-Options', 'nosniff');
	response.setHeader('Referrer-Policy', 'no-referrer');
}

/**
 * What the pages may do: their own scripts, connections to this gateway, media from it and from memory (hls.js).
 * `*` as ancestor lets a site show a camera in a frame.
 *
 * @param elsewhere media comes from other nodes, whatever their addresses are
 */
export function pagePolicy(frameAncestors: "'self'" | '*', elsewhere = false): string {
	const sources = elsewhere ? "'self' http: https:" : "'self'";
	return [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'unsafe-inline'",
		"img-src 'self' data: blob:",
		`media-src ${sources} blob:`,
		"worker-src 'self' blob:",
		`connect-src ${sources}`,
		"manifest-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		`frame-ancestors ${frameAncestors}`,
	].join('; ');
}
