import type { Socket } from 'node:net';
import { SourceError } from '../../base/errors.ts';
import { dial } from './dial.ts';
import { type HttpOpenOptions, httpHead, openByGet, parseHttpHead } from './http-open.ts';
import { CLIENT_LIMITS } from './limits.ts';
import { readSocket, type Wire, type WireHandler } from './wire.ts';

const TYPE = 'application/x-rtsp-tunnelled';
const UNCACHED = { Pragma: 'no-cache', 'Cache-Control': 'no-cache' } as const;
/** The length Apple gave its POST, which has no end: what servers expect to see. */
const NOMINAL_LENGTH = '32767';

/**
 * RTSP in HTTP as QuickTime did it: a GET whose answer never ends brings what the camera says, a POST whose body
 * never ends takes requests in base64, and a cookie joins the two. Both go to the same address, whatever the
 * camera says in `x-server-ip-address`.
 *
 * @param random a number in [0, 1)
 * @throws SourceError
 */
export async function openHttpTunnel(options: HttpOpenOptions, random: () => number): Promise<Wire> {
	const cookie = sessionCookie(random);
	const { socket, status } = await openByGet(options, '1.0', { 'x-sessioncookie': cookie, Accept: TYPE, ...UNCACHED });
	if (status !== 200) {
		socket.destroy();
		throw new SourceError('camera_unsupported', `the camera takes no RTSP in HTTP (it answered ${status} to GET)`, {
			facts: { status, method: 'GET' },
			permanent: true,
		});
	}
	const tunnel = new HttpTunnel(options, socket, cookie);
	try {
		await tunnel.openPost();
	} catch (failure) {
		tunnel.destroy();
		throw failure;
	}
	return tunnel;
}

class HttpTunnel implements Wire {
	readonly #options: HttpOpenOptions;
	readonly #get: Socket;
	readonly #cookie: string;
	readonly #ended = new AbortController();
	#post: Socket | undefined;
	/** Waits for a POST that is being opened. */
	#queue: string | undefined;
	#handler: WireHandler | undefined;

	constructor(options: HttpOpenOptions, get: Socket, cookie: string) {
		this.#options = options;
		this.#get = get;
		this.#cookie = cookie;
	}

	get remoteAddress(): string {
		return this.#get.remoteAddress ?? '';
	}

	get localAddress(): string {
		return this.#get.localAddress ?? '';
	}

	get waiting(): number {
		return (this.#post?.writableLength ?? 0) + (this.#queue?.length ?? 0);
	}

	start(handler: WireHandler): void {
		this.#handler = handler;
		readSocket(this.#get, { onBytes: (chunk) => handler.onBytes(chunk), onEnd: (failure) => this.#end(failure) });
	}

	write(bytes: Uint8Array): void {
		const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
		if (this.#post) {
			this.#post.write(text);
			return;
		}
		if (this.#queue !== undefined) {
			if (this.#queue.length + text.length <= CLIENT_LIMITS.tunnelQueueBytes) this.#queue += text;
			return;
		}
		// The camera ended the last POST, as it may after the length it was told.
		this.#queue = text;
		this.openPost().catch((failure: Error) => this.#end(failure));
	}

	destroy(): void {
		this.#ended.abort();
		this.#get.destroy();
		this.#post?.destroy();
	}

	/** @throws SourceError */
	async openPost(): Promise<void> {
		const options = { ...this.#options, address: this.remoteAddress, signal: this.#ended.signal };
		const { signal } = this.#options;
		const abort = () => this.#ended.abort();
		signal.addEventListener('abort', abort, { once: true });
		const socket = await dial(options).finally(() => signal.removeEventListener('abort', abort));
		const headers = {
			'x-sessioncookie': this.#cookie,
			'Content-Type': TYPE,
			...UNCACHED,
			'Content-Length': NOMINAL_LENGTH,
			Expires: 'Sun, 9 Jan 1972 00:00:00 GMT',
		};
		this.#post = socket;
		let answer = '';
		readSocket(socket, {
			onBytes: (chunk) => {
				if (answer.length < CLIENT_LIMITS.tunnelAnswerBytes) answer += Buffer.from(chunk).toString('latin1');
				this.#judge(/^[^\r\n]*(?=\r?\n)/.exec(answer)?.[0]);
			},
			onEnd: () => {
				if (this.#post === socket) this.#post = undefined;
			},
		});
		const authorization = options.login.authorize('POST', options.target);
		socket.write(httpHead(`POST ${options.target} HTTP/1.0`, options, headers, authorization) + (this.#queue ?? ''));
		this.#queue = undefined;
	}

	/** A POST needs no answer; a refusal is told. */
	#judge(line: string | undefined): void {
		const { status } = (line && parseHttpHead(line)) || { status: 200 };
		if (status < 400) return;
		const message = `the camera refuses its half of RTSP in HTTP (it answered ${status} to POST)`;
		this.#end(new SourceError('camera_unsupported', message, { facts: { status, method: 'POST' }, permanent: true }));
	}

	#end(failure: Error | undefined): void {
		if (this.#ended.signal.aborted) return;
		this.destroy();
		this.#handler?.onEnd(failure);
	}
}

function sessionCookie(random: () => number): string {
	let cookie = '';
	for (let digit = 0; digit < 24; digit++) cookie += Math.floor(random() * 16).toString(16);
	return cookie;
}
