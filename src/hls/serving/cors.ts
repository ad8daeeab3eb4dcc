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

/** Headers that every answer carries, errors too: pages of every origin may read HLS. Names and values by turns. */
export const CORS_HEADERS: readonly string[] = [
	'Access-Control-Allow-Origin',
	'*',
	'Access-Control-Expose-Headers',
	'Content-Length, Date',
];
