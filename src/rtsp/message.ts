import { RtspSyntaxError, RtspVersionError } from './errors.ts';
import { RtspHeaders } from './headers.ts';
import { RTSP_LIMITS } from './limits.ts';

/** RTSP 1.0 messages (RFC 2326 sections 4, 6 and 7). */

const NO_BODY = new Uint8Array(0);

export type RtspRequest = {
	readonly kind: 'request';
	/** Upper case as on the wire: `DESCRIBE`. */
	readonly method: string;
	/** As on the wire: an absolute URL, or `*`. */
	readonly uri: string;
	readonly headers: RtspHeaders;
	readonly body: Uint8Array;
};

export type RtspResponse = {
	readonly kind: 'response';
	/** 100 … 599 */
	readonly status: number;
	/** May be empty. */
	readonly reason: string;
	readonly headers: RtspHeaders;
	readonly body: Uint8Array;
};

export type RtspMessage = RtspRequest | RtspResponse;

/** The methods that start a request (RFC 2326 section 10). */
export const RTSP_METHODS = [
	'OPTIONS',
	'DESCRIBE',
	'ANNOUNCE',
	'SETUP',
	'PLAY',
	'PAUSE',
	'RECORD',
	'TEARDOWN',
	'GET_PARAMETER',
	'SET_PARAMETER',
	'REDIRECT',
] as const;

/**
 * The bytes of a message. `Content-Length` is added when there is a body.
 *
 * @throws TypeError when method, URI or a header hold a line break or a blank that would end them
 */
export function serializeMessage(message: RtspMessage): Uint8Array {
	let head: string;
	if (message.kind === 'request') {
		if (/\s/.test(message.method) || /\s/.test(message.uri)) throw new TypeError('blank in a request line');
		head = `${message.method} ${message.uri} RTSP/1.0\r\n`;
	} else {
		head = `RTSP/1.0 ${message.status} ${message.reason.replace(/[\r\n]/g, ' ')}\r\n`;
	}
	for (const { name, value } of message.headers) head += `${name}: ${value}\r\n`;
	if (message.body.length > 0) head += `Content-Length: ${message.body.length}\r\n`;
	const text = new TextEncoder().encode(`${head}\r\n`);
	if (message.body.length === 0) return text;
	const bytes = new Uint8Array(text.length + message.body.length);
	bytes.set(text);
	bytes.set(message.body, text.length);
	return bytes;
}

/** A request to be serialised. */
export function request(
	method: string,
	uri: string,
	headers: Readonly<Record<string, string>>,
	body: Uint8Array = NO_BODY,
): RtspRequest {
	return { kind: 'request', method, uri, headers: new RtspHeaders(headers), body };
}

/** A response to be serialised. */
export function response(
	status: number,
	reason: string,
	headers: Readonly<Record<string, string>>,
	body: Uint8Array = NO_BODY,
): RtspResponse {
	return { kind: 'response', status, reason, headers: new RtspHeaders(headers), body };
}

/**
 * Reads start line and headers of a message, without its body.
 *
 * @param head up to and without the empty line; lines end with CR LF or LF
 * @throws RtspSyntaxError when it is no RTSP message or above `RTSP_LIMITS`
 * @throws RtspVersionError when it is an answer in RTSP 2.0 (RFC 7826)
 */
export function parseHead(head: string): RtspMessage {
	const [start = '', ...lines] = head.split(/\r?\n/, RTSP_LIMITS.headers + 2);
	if (lines.length > RTSP_LIMITS.headers) throw new RtspSyntaxError(`more than ${RTSP_LIMITS.headers} headers`);
	const headers = parseHeaders(lines);
	const [, version, status, reason = ''] = /^RTSP\/(\d+)\.\d+\s+([1-5]\d{2})(?:\s+(.*))?$/.exec(start) ?? [];
	if (status !== undefined) {
		if (Number(version) > 1) throw new RtspVersionError();
		return { kind: 'response', status: Number(status), reason: reason.trim(), headers, body: NO_BODY };
	}
	const [, method, uri] = /^([A-Z_]+)\s+(\S+)\s+RTSP\/\d+\.\d+\s*$/.exec(start) ?? [];
	if (method !== undefined && uri !== undefined) return { kind: 'request', method, uri, headers, body: NO_BODY };
	if (start.startsWith('HTTP/')) throw new RtspSyntaxError('the peer answers in HTTP; check the port');
	throw new RtspSyntaxError('the start line of a message is malformed');
}

/**
 * Reads header lines; those that are none are left out.
 *
 * @throws RtspSyntaxError when one is above `RTSP_LIMITS`
 */
export function parseHeaders(lines: readonly string[]): RtspHeaders {
	const headers = new RtspHeaders();
	for (const raw of lines) {
		if (raw.length > RTSP_LIMITS.headerCharacters) throw new RtspSyntaxError('a header is too long');
		const line = raw.replaceAll('\r', ' ');
		const colon = line.indexOf(':');
		const name = line.slice(0, Math.max(0, colon)).trim();
		// Cameras send stray lines without a colon; nothing can be learned from them.
		if (name !== '') headers.append(name, line.slice(colon + 1).trim());
	}
	return headers;
}

/**
 * Length of the body that follows a head; 0 when the header is missing.
 *
 * @throws RtspSyntaxError when it is no number or above `RTSP_LIMITS.bodyBytes`
 */
export function contentLength(headers: RtspHeaders): number {
	const value = headers.get('Content-Length');
	if (value === undefined || value === '') return 0;
	if (!/^\d{1,10}$/.test(value)) throw new RtspSyntaxError('the Content-Length of a message is malformed');
	const length = Number(value);
	if (length > RTSP_LIMITS.bodyBytes) throw new RtspSyntaxError(`a body of ${length} bytes is too long`);
	return length;
}

/** `CSeq` of a message; undefined when it is missing or no number. Nine digits by RFC 7826; some count in 32 bits. */
export function sequenceOf(message: RtspMessage): number | undefined {
	const value = message.headers.get('CSeq');
	return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}
