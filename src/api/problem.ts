import { DualcastError, type ErrorCode } from '../base/errors.ts';
import type { HttpRequest, HttpResponse } from '../base/http-exchange.ts';
import { redact } from '../base/redact.ts';

/** How an error looks to an HTTP client. */
type Row = {
	readonly status: number;
	/** The kind of problem in a few words (RFC 9457 3.1.3); it never changes with the case. */
	readonly title: string;
	/** Seconds after which asking again makes sense (RFC 9110 10.2.3), where the error does not know it better. */
	readonly retryAfter?: number;
	/** Instead of `status` where a WHEP offer is answered. */
	readonly offerStatus?: number;
};

const DISABLED_RETRY_S = 60;
/** The stream is not live, but may soon be: the camera is dialled again a second later. */
const AWAY = { retryAfter: 2, offerStatus: 409 } as const;

/** Each error's HTTP face; a code without a row does not compile. */
export const PROBLEMS: Readonly<Record<ErrorCode, Row>> = {
	stream_not_found: { status: 404, title: 'No such stream' },
	stream_closed: { status: 503, title: 'The stream is being closed', retryAfter: 2 },
	camera_unauthorized: { status: 502, title: 'The camera wants other credentials' },
	camera_forbidden: { status: 502, title: 'The camera forbids access' },
	camera_untrusted: { status: 502, title: 'The camera shows a certificate that is not trusted' },
	camera_not_found: { status: 502, title: 'The camera does not have this stream' },
	camera_refused: { status: 502, title: 'The camera refuses the connection', ...AWAY },
	camera_unreachable: { status: 502, title: 'The camera cannot be reached', ...AWAY },
	camera_timeout: { status: 504, title: 'The camera does not answer in time', ...AWAY },
	camera_protocol: { status: 502, title: 'The camera does not keep to the protocol' },
	camera_closed: { status: 502, title: 'The camera ended the session', ...AWAY },
	camera_stalled: { status: 504, title: 'The camera stopped sending', ...AWAY },
	camera_unsupported: { status: 502, title: 'The camera sends nothing that can be played' },
	camera_disallowed: { status: 502, title: 'Cameras at this address are not allowed' },
	hls_disabled: { status: 503, title: 'HLS is switched off', retryAfter: DISABLED_RETRY_S },
	hls_not_found: { status: 404, title: 'No such HLS output' },
	hls_late: { status: 503, title: 'What was waited for did not come', retryAfter: 1 },
	webrtc_disabled: { status: 503, title: 'WebRTC is switched off', retryAfter: DISABLED_RETRY_S },
	session_not_found: { status: 404, title: 'No such session' },
	offer_invalid: { status: 400, title: 'Not valid SDP' },
	offer_unsupported: { status: 422, title: 'This SDP offer cannot be answered' },
	codec_unsupported: { status: 422, title: 'No codec in common' },
	too_many_sessions: { status: 503, title: 'Too many viewers', retryAfter: 5 },
	probe_disabled: { status: 503, title: 'Probing is switched off', retryAfter: DISABLED_RETRY_S },
	too_many_probes: { status: 503, title: 'Too many probes', retryAfter: 5 },
	token_missing: { status: 401, title: 'A token is needed' },
	token_invalid: { status: 401, title: 'The token is not valid' },
	token_expired: { status: 401, title: 'The token has expired' },
	token_revoked: { status: 401, title: 'The token was revoked' },
	forbidden: { status: 403, title: 'Not allowed' },
	rate_limited: { status: 429, title: 'Too many attempts', retryAfter: 5 },
	issuer_unreachable: { status: 503, title: 'Who decides about access cannot be asked', retryAfter: 5 },
	cluster_disabled: { status: 503, title: 'Not a cluster', retryAfter: DISABLED_RETRY_S },
	cluster_unreachable: { status: 503, title: 'The cluster cannot be reached', retryAfter: 2 },
	node_not_found: { status: 404, title: 'No such node' },
	no_node: { status: 503, title: 'No node takes viewers', retryAfter: 2 },
	precondition_required: { status: 428, title: 'If-Match is needed' },
	precondition_failed: { status: 412, title: 'The session has changed' },
	host_unknown: { status: 421, title: 'Not a name of this gateway' },
	not_found: { status: 404, title: 'Nothing here' },
	method_not_allowed: { status: 405, title: 'Method not allowed' },
	unsupported_media_type: { status: 415, title: 'Unsupported media type' },
	payload_too_large: { status: 413, title: 'Request too large' },
	request_invalid: { status: 400, title: 'Bad request' },
	internal: { status: 500, title: 'Internal error' },
};

/** The `type` of each problem: it identifies the kind and is not meant to be fetched (RFC 9457 3.1.1). */
const TYPE_PREFIX = 'urn:dualcast:problem:';
const INTERNAL_DETAIL = 'something went wrong inside Dualcast; its log says more';
const CLIENT_ERRORS: Readonly<Record<number, ErrorCode>> = { 413: 'payload_too_large', 415: 'unsupported_media_type' };

/**
 * Whatever was thrown while a request was handled, as one of the project's errors. What Express and its parsers
 * say about a bad request keeps its meaning; anything else is `internal` and keeps its message for the log.
 */
export function toDualcastError(thrown: unknown): DualcastError {
	if (thrown instanceof DualcastError) return thrown;
	if (thrown instanceof URIError) {
		return new DualcastError('not_found', 'the path has an escape that cannot be read', { cause: thrown });
	}
	const status = thrown instanceof Error && 'status' in thrown ? Number(thrown.status) : 500;
	if (status >= 400 && status < 500) {
		const code = CLIENT_ERRORS[status] ?? 'request_invalid';
		return new DualcastError(code, PROBLEMS[code].title.toLowerCase(), { cause: thrown });
	}
	return new DualcastError('internal', INTERNAL_DETAIL, { cause: thrown });
}

/** The problem details (RFC 9457) of an error. */
export function problemDetails(
	error: DualcastError,
	status = PROBLEMS[error.code].status,
): Readonly<Record<string, unknown>> {
	const { title } = PROBLEMS[error.code];
	const internal = error.code === 'internal';
	return {
		...(internal ? {} : error.facts),
		type: TYPE_PREFIX + error.code,
		title,
		status,
		detail: internal ? INTERNAL_DETAIL : redact(error.message),
		code: error.code,
	};
}

/**
 * Answers with problem+json. Headers set before (CORS) stay. When the answer has begun already, the connection is
 * cut; when the client has gone, nothing happens.
 */
export function answerError(request: HttpRequest, response: HttpResponse, thrown: unknown): void {
	if (response.destroyed || response.writableEnded) return;
	if (response.headersSent) {
		response.destroy();
		return;
	}
	const error = toDualcastError(thrown);
	const row = PROBLEMS[error.code];
	const retryAfter = error.facts.retry_after_s ?? row.retryAfter;
	const status = (isOffer(request) ? row.offerStatus : undefined) ?? row.status;
	const body = Buffer.from(JSON.stringify(problemDetails(error, status)));
	response.statusCode = status;
	response.setHeader('Content-Type', 'application/problem+json');
	response.setHeader('Content-Length', body.length);
	response.setHeader('Cache-Control', 'no-store');
	response.setHeader('X-Content-Type-Options', 'nosniff');
	if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="dualcast"');
	if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
	response.end(request.method === 'HEAD' ? undefined : body);
}

/** Nothing else here takes SDP by `POST`, whatever the path. */
function isOffer({ method, headers }: HttpRequest): boolean {
	return method === 'POST' && /^application\/sdp\b/i.test(headers['content-type'] ?? '');
}
