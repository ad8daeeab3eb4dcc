import type { IncomingHttpHeaders } from 'node:http';

/** A request without a body, whose framing leaves no doubt. */
export type PlainRequest = {
	readonly method: 'GET' | 'HEAD';
	/** In origin form: path and query. */
	readonly url: string;
	/** By names in lower case. */
	readonly headers: IncomingHttpHeaders;
};

/** Longer ones are left to Node.js, which limits them. Bytes. */
const MAX_LENGTH = 8192;
const END = '\r\n\r\n';
const REQUEST_LINE = /^(GET|HEAD) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Say how the message or the connection goes on (RFC 9112 sections 6, 9.3 and 9.6, RFC 9110 sections 7.8 and 10.1.1). */
const FRAMING: ReadonlySet<string> = new Set([
	'content-length',
	'expect',
	'http2-settings',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
]);

/**
 * Reads plain requests (RFC 9112) of one connection. Whatever is rare or could be read in two ways is none: a body, a
 * field that comes twice, HTTP/1.0, bytes before or behind.
 */
export class PlainRequestReader {
	/** Clients send the same fields again and again. */
	#fields = '';
	#headers: IncomingHttpHeaders = {};

	/** @param chunk as it came from the network @returns undefined unless it is one plain request and nothing else */
	read(chunk: Buffer): PlainRequest | undefined {
		if (chunk.length > MAX_LENGTH) return undefined;
		const text = chunk.toString('latin1');
		const lineEnd = text.indexOf('\r\n');
		const [, method, url] = REQUEST_LINE.exec(text.slice(0, lineEnd)) ?? [];
		if (method === undefined || url === undefined) return undefined;
		const fields = text.slice(lineEnd);
		if (fields !== this.#fields) {
			const headers = parseFields(fields);
			if (!headers) return undefined;
			this.#fields = fields;
			this.#headers = headers;
		}
		return { method: method as PlainRequest['method'], url, headers: this.#headers };
	}
}

/** @param fields from the end of the request line on */
function parseFields(fields: string): IncomingHttpHeaders | undefined {
	if (fields.indexOf(END) !== fields.length - END.length) return undefined;
	const headers: Record<string, string> = Object.create(null);
	for (const line of fields.slice(2, -END.length).split('\r\n')) {
		const colon = line.indexOf(':');
		const name = line.slice(0, colon).toLowerCase();
		const value = line.slice(colon + 1);
		if (colon < 0 || !NAME.test(name) || !VALUE.test(value)) return undefined;
		if (name in headers || FRAMING.has(name)) return undefined;
		headers[name] = withoutBlanks(value);
	}
	const { host, connection = 'keep-alive' } = headers;
	return host && connection.toLowerCase() === 'keep-alive' ? headers : undefined;
}

/** Without the blanks and tabs around it; `trim` would take others, too. */
function withoutBlanks(value: string): string {
	let start = 0;
	let end = value.length;
	while (isBlank(value.charCodeAt(start))) start++;
	while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
	return value.slice(start, end);
}

function isBlank(code: number): boolean {
	return code === 0x20 || code === 0x09;
}
