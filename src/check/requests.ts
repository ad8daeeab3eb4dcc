import type { Clock } from '../base/clock.ts';
import { toError } from '../base/errors.ts';
import { percentDecoded } from '../base/percent.ts';
import { redact } from '../base/redact.ts';
import { labelOf, rangeHeader } from './address.ts';
import type { ByteRange } from './read/byte-range.ts';
import type { Exchange } from './recording.ts';

/** Bytes of one answer; no segment is that long, and no playlist. */
const MAX_BODY = 512 * 1024 * 1024;
export const MAX_PLAYLIST = 16 * 1024 * 1024;
const DEADLINE_MS = 30_000;
/** Codes of OpenSSL for certificates that no known authority vouches for. */
const UNKNOWN_SIGNER = /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/;

export type RequestOptions = {
	method?: 'GET' | 'HEAD' | 'OPTIONS';
	range?: ByteRange;
	headers?: Record<string, string>;
	/** Milliseconds. */
	deadline?: number;
	/** Bytes of the answer at most. */
	limit?: number;
};

export type Answer = {
	readonly exchange: Exchange;
	readonly body: Buffer /** After redirections. */;
	readonly url: URL;
};

/** Asks a server and notes when it answered what. User information of an address goes into a header. */
export class Requests {
	readonly #clock: Clock;
	readonly #open = new Set<AbortController>();
	readonly #authorization: { readonly origin: string; readonly value: string } | undefined;
	/** Bytes read so far. */
	bytes = 0;

	constructor(clock: Clock, address: URL) {
		this.#clock = clock;
		const { username, password, origin } = address;
		if (username === '' && password === '') return;
		const pair = `${percentDecoded(username)}:${percentDecoded(password)}`;
		this.#authorization = { origin, value: `Basic ${Buffer.from(pair).toString('base64')}` };
	}

	/** Ends what is under way. */
	close(): void {
		for (const abort of this.#open) abort.abort();
	}

	/** Never throws: an answer that did not come has status 0 and a failure. */
	async ask(address: URL, options: RequestOptions = {}): Promise<Answer> {
		const { method = 'GET', range, deadline = DEADLINE_MS, limit = MAX_BODY } = options;
		const url = new URL(address);
		url.username = '';
		url.password = '';
		const sent = this.#clock.now();
		const abort = new AbortController();
		this.#open.add(abort);
		let late = false;
		const timer = this.#clock.after(deadline, () => {
			late = true;
			abort.abort();
		});
		let seen: Pick<Exchange, 'status' | 'headers' | 'redirected'> = { status: 0, headers: {}, redirected: false };
		let firstByte = Number.NaN;
		let final = url;
		const chunks: Uint8Array[] = [];
		let length = 0;
		let failure: string | undefined;
		try {
			const response = await fetch(url, { method, headers: this.#headers(url, options), signal: abort.signal });
			seen = {
				status: response.status,
				headers: Object.fromEntries(response.headers),
				redirected: response.redirected,
			};
			final = new URL(response.url || url);
			for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
				if (length === 0) firstByte = this.#clock.now();
				chunks.push(chunk);
				length += chunk.length;
				if (length > limit) throw new Error(`more than ${limit / 1024 / 1024} MiB`);
			}
		} catch (thrown) {
			failure = late ? `no whole answer within ${Math.round(deadline / 1000)} s` : causeOf(thrown);
		} finally {
			timer.cancel();
			this.#open.delete(abort);
		}
		this.bytes += length;
		const answered = this.#clock.now();
		const exchange: Exchange = {
			label: labelOf(url, range),
			method,
			...seen,
			sent,
			firstByte: Number.isNaN(firstByte) ? answered : firstByte,
			answered,
			wall: this.#clock.wall(),
			length,
			...(failure !== undefined && { failure }),
		};
		return { exchange, body: Buffer.concat(chunks), url: final };
	}

	#headers(url: URL, { range, headers }: RequestOptions): Record<string, string> {
		return {
			'User-Agent': 'dualcast-check',
			// Browsers ask this way; the answer must let them.
			Origin: 'https://player.example',
			...(range && { Range: rangeHeader(range) }),
			...(this.#authorization?.origin === url.origin && { Authorization: this.#authorization.value }),
			...headers,
		};
	}
}

function causeOf(thrown: unknown): string {
	const error = toError(thrown);
	const { cause } = error;
	if (!(cause instanceof Error)) return redact(error.message);
	const { code = '', message } = cause as NodeJS.ErrnoException;
	if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'what listens there speaks no TLS; try http://';
	const cure = UNKNOWN_SIGNER.test(code) ? '; NODE_EXTRA_CA_CERTS=FILE names a certificate to believe' : '';
	return redact((message || code) + cure);
}
