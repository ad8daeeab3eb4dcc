import { DualcastError, type ErrorCode } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { type RtspResponse, response } from '../message.ts';

const MAX_REASON = 200;

/** What is not the camera's doing. Whatever else a camera does (`camera_…`) is a bad gateway. */
const STATUS: Partial<Record<ErrorCode, number>> = {
	stream_not_found: 404,
	stream_closed: 503,
	forbidden: 403,
	// RTSP has no 429.
	rate_limited: 503,
	too_many_sessions: 453,
	codec_unsupported: 415,
	// The camera's 401 is not this server's: the client's own password is right.
	camera_timeout: 504,
	camera_stalled: 504,
};

/**
 * The answer to a request that failed (RFC 2326 section 11). The cause stands in the reason phrase: players show it,
 * and few show a body.
 */
export function refusal(thrown: unknown): RtspResponse {
	if (!(thrown instanceof DualcastError) || thrown.code === 'internal') {
		return response(500, 'Internal Server Error', {});
	}
	const status = STATUS[thrown.code] ?? (thrown.code.startsWith('camera_') ? 502 : 503);
	const { retry_after_s: wait } = thrown.facts;
	return response(status, reasonPhrase(thrown.message), typeof wait === 'number' ? { 'Retry-After': `${wait}` } : {});
}

/** Printable ASCII without secrets, of a bounded length. */
export function reasonPhrase(message: string): string {
	return redact(message)
		.replace(/[^\x20-\x7e]+/g, ' ')
		.slice(0, MAX_REASON);
}
