/**
 * Every error code a caller, an API client or a page may see. A code is stable: it is never renamed.
 * `src/api/problem.ts` maps each to an HTTP status and does not compile when one is missing there.
 */
export type ErrorCode =
	// streams and cameras
	| 'stream_not_found'
	| 'stream_closed'
	| 'camera_unauthorized'
	| 'camera_forbidden'
	| 'camera_untrusted'
	| 'camera_not_found'
	| 'camera_refused'
	| 'camera_unreachable'
	| 'camera_timeout'
	| 'camera_protocol'
	| 'camera_closed'
	| 'camera_stalled'
	| 'camera_unsupported'
	| 'camera_disallowed'
	// outputs
	| 'hls_disabled'
	| 'hls_not_found'
	| 'hls_late'
	| 'webrtc_disabled'
	| 'session_not_found'
	| 'offer_invalid'
	| 'offer_unsupported'
	| 'codec_unsupported'
	| 'too_many_sessions'
	| 'precondition_required'
	| 'precondition_failed'
	| 'probe_disabled'
	| 'too_many_probes'
	// who may
	| 'token_missing'
	| 'token_invalid'
	| 'token_expired'
	| 'token_revoked'
	| 'forbidden'
	| 'rate_limited'
	| 'issuer_unreachable'
	// cluster
	| 'cluster_disabled'
	| 'cluster_unreachable'
	| 'node_not_found'
	| 'no_node'
	// HTTP
	| 'host_unknown'
	| 'not_found'
	| 'method_not_allowed'
	| 'unsupported_media_type'
	| 'payload_too_large'
	| 'request_invalid'
	| 'internal';

/** Facts of an error: plain values that may be shown to anyone (never a secret). */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The one error class of the project's own decisions: a stable `code`, a message that names the cause and the
 * cure in one sentence, and plain `facts`. Messages and facts never hold credentials.
 */
export class DualcastError extends Error {
	readonly code: ErrorCode;
	readonly facts: ErrorFacts;

	constructor(code: ErrorCode, message: string, options: { cause?: unknown; facts?: ErrorFacts } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = 'DualcastError';
		this.code = code;
		this.facts = options.facts ?? {};
	}
}

/**
 * Why a source (a camera) ended. `permanent` says that trying again without a change of configuration is
 * useless or harmful (a wrong password locks accounts); the supervisor then stops.
 */
export class SourceError extends DualcastError {
	readonly permanent: boolean;

	constructor(
		code: Extract<ErrorCode, `camera_${string}`>,
		message: string,
		options: { cause?: unknown; facts?: ErrorFacts; permanent?: boolean } = {},
	) {
		super(code, message, options);
		this.name = 'SourceError';
		this.permanent = options.permanent ?? false;
	}
}

/** Whatever was thrown, as an `Error`. */
export function toError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Why it went wrong: what a network function throws says only that it did, and its cause the rest. */
export function reasonOf(thrown: unknown): string {
	const { message, cause } = toError(thrown);
	if (cause === undefined) return message;
	const { message: words, code = '' } = toError(cause) as NodeJS.ErrnoException;
	return words || code || message;
}
