import type { HttpRequest } from '../base/http-exchange.ts';

/** Origins whose pages may read HLS: every one, or these. */
export type CorsOrigins = '*' | readonly string[];

export const ALLOWED_METHODS = 'GET, HEAD, OPTIONS';
const PREFLIGHT_SECONDS = 86_400;

/** Headers of the answer to OPTIONS, preflight or not; names and values by turns. */
export const OPTIONS_HEADERS: readonly string[] = [
	'Allow',
	ALLOWED_METHODS,
	'Access-Control-Allow-Methods',
	ALLOWED_METHODS,
	'Access-Control-Allow-Headers',
	'Authorization, Range, Cache-Control',
	'Access-Control-Max-Age',
	`${PREFLIGHT_SECONDS}`,
];

/** Headers that every answer carries, errors too, whoever asks; names and values by turns. */
export function openCorsHeaders(origins: CorsOrigins): string[] {
	const exposed = ['Access-Control-Expose-Headers', 'Content-Length, Date'];
	return origins === '*' ? ['Access-Control-Allow-Origin', '*', ...exposed] : exposed;
}

/** What an answer to this request carries besides, where only some origins may read. */
export function originHeaders(request: HttpRequest, origins: readonly string[]): string[] {
	const { origin } = request.headers;
	const allowed = origin !== undefined && origins.includes(origin);
	return allowed ? ['Vary', 'Origin', 'Access-Control-Allow-Origin', origin] : ['Vary', 'Origin'];
}
