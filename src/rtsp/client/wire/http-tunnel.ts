import type { Socket } from 'node:net';
import { SourceError } from '../../../base/errors.ts';
import { RtspHeaders } from '../../headers.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import type { Answered } from '../login.ts';
import { dial } from './dial.ts';
import { type HttpOpenOptions, httpHead, openByGet, parseHttpHead, parseRefusal } from './http-open.ts';
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
	/** Was written to the POST there is: a refusal comes early. */
	#said = '';
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
			const fits = this.#said.length + text.length <= CLIENT_LIMITS.tunnelQueueBytes;
			this.#said = fits ? this.#said + text : '';
			return;
		}
		if (this.#queue !== undefined) {
			if (this.#queue.length + text.length <= CLIENT_LIMITS.tunnelQueueBytes) this.#queue += text;
			return;
		}
		// The camera ended the last POST, as it may after the length it was told.
		this.#queue = text;
		this.openPost().catch(() => {});
	}

	destroy(): void {
		this.#ended.abort();
		this.#get.destroy();
		this.#post?.destroy();
	}

	/**
	 * A POST needs no answer; when the camera asks for a password, what was said to it is said again with one.
	 *
	 * @returns when the first connection stands
	 * @throws SourceError when there is none
	 */
	openPost(): Promise<void> {
		const { login, target } = this.#options;
		// Of a camera that took one before, a refusal says nothing for good.
		const permanent = this.#handler === undefined;
		return new Promise((resolve, reject) => {
			login
				.send('POST', target, (authorization) => this.#tryPost(authorization, resolve))
				.then(({ status }) => {
					if (status >= 400) throw refused(status, permanent);
				})
				.catch((failure: Error) => {
					reject(failure);
					this.#end(failure);
				});
		});
	}

	/** @returns what the camera says to it, if only by its end */
	async #tryPost(authorization: string | undefined, onOpen: () => void): Promise<Answered> {
		const socket = await this.#dial();
		onOpen();
		const text = this.#queue ?? '';
		const headers = {
			'x-sessioncookie': this.#cookie,
			'Content-Type': TYPE,
			...UNCACHED,
			'Content-Length': NOMINAL_LENGTH,
			Expires: 'Sun, 9 Jan 1972 00:00:00 GMT',
		};
		this.#post = socket;
		this.#said = text;
		this.#queue = undefined;
		const head = httpHead(`POST ${this.#options.target} HTTP/1.0`, this.#options, headers, authorization);
		socket.write(head + text);
		const answer = await answerOf(socket);
		if (this.#post === socket) this.#post = undefined;
		if (answer.status === 401) this.#queue = this.#said;
		return answer;
	}

	#dial(): Promise<Socket> {
		const options = { ...this.#options, address: this.remoteAddress, signal: this.#ended.signal };
		const { signal } = this.#options;
		const abort = () => this.#ended.abort();
		signal.addEventListener('abort', abort, { once: true });
		return dial(options).finally(() => signal.removeEventListener('abort', abort));
	}

	#end(failure: Error | undefined): void {
		if (this.#ended.signal.aborted) return;
		this.destroy();
		this.#handler?.onEnd(failure);
	}
}

/** The answer to a POST; 200 where it ends without one. The connection is closed by then. */
function answerOf(socket: Socket): Promise<Answered> {
	return new Promise((resolve) => {
		let text = '';
		readSocket(socket, {
			onBytes(chunk) {
				text = (text + Buffer.from(chunk).toString('latin1')).slice(0, CLIENT_LIMITS.tunnelAnswerBytes);
				const answer = readAnswer(text, false);
				if (answer && answer.status >= 400) socket.destroy();
			},
			onEnd: () => resolve(readAnswer(text, true) ?? { status: 200, headers: new RtspHeaders() }),
		});
	});
}

/** @param ended what there is of the head is all of it */
function readAnswer(text: string, ended: boolean): Answered | undefined {
	const [head = '', ...body] = text.split(/\r?\n\r?\n/, 2);
	return ended || body.length > 0 ? parseHttpHead(head) : parseRefusal(text);
}

function refused(status: number, permanent: boolean): SourceError {
	const message = `the camera refuses its half of RTSP in HTTP (it answered ${status} to POST)`;
	return new SourceError('camera_unsupported', message, { facts: { status, method: 'POST' }, permanent });
}

function sessionCookie(random: () => number): string {
	let cookie = '';
	for (let digit = 0; digit < 24; digit++) cookie += Math.floor(random() * 16).toString(16);
	return cookie;
}
