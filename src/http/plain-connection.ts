import type { Socket } from 'node:net';
import type { HttpRequest, HttpResponse } from '../base/http-exchange.ts';
import { HEADERS_TIMEOUT_MS, IDLE_TIMEOUT_MS } from './limits.ts';
import { type PlainRequest, PlainRequestReader } from './plain-request.ts';
import { PlainResponse } from './plain-response.ts';

/** @returns false when the request is left to Node.js; then nothing was done */
export type PlainHandler = (request: HttpRequest, response: HttpResponse) => boolean;

/**
 * A connection as long as it brings nothing but plain requests that the handler takes. At the first other one it is
 * handed over to Node.js with what came, for good: all that is hard in HTTP/1.1 is read in one place only.
 */
export class PlainConnection {
	readonly #socket: Socket;
	readonly #handler: PlainHandler;
	readonly #handOver: (socket: Socket) => void;
	readonly #reader = new PlainRequestReader();
	#response: PlainResponse | undefined;
	/** What came before the request before it was answered. */
	#early: Buffer | undefined;

	/** @param handOver takes a paused socket, whose unread bytes are before it */
	constructor(socket: Socket, handler: PlainHandler, handOver: (socket: Socket) => void) {
		this.#socket = socket;
		this.#handler = handler;
		this.#handOver = handOver;
		socket.setTimeout(HEADERS_TIMEOUT_MS);
		for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
	}

	readonly #onData = (chunk: Buffer): void => {
		if (this.#response || this.#socket.writableNeedDrain) {
			// Who asks before the answer, or does not read it, waits.
			this.#early = this.#early ? Buffer.concat([this.#early, chunk]) : chunk;
			this.#socket.pause();
		} else {
			this.#take(chunk);
		}
	};

	#take(chunk: Buffer): void {
		const socket = this.#socket;
		const asked = this.#reader.read(chunk);
		if (!asked || !this.#answer(asked)) this.#leaveTo(chunk);
		else if (socket.timeout !== IDLE_TIMEOUT_MS) socket.setTimeout(IDLE_TIMEOUT_MS);
	}

	#answer({ method, url, headers }: PlainRequest): boolean {
		const socket = this.#socket;
		this.#response = new PlainResponse(socket, method === 'HEAD', this.#onAnswered);
		return this.#handler({ method, url, headers, socket }, this.#response);
	}

	#leaveTo(chunk: Buffer): void {
		const socket = this.#socket;
		this.#response = undefined;
		for (const [event, listener] of Object.entries(this.#listeners)) socket.off(event, listener);
		socket.pause();
		socket.unshift(chunk);
		this.#handOver(socket);
	}

	readonly #onAnswered = (): void => {
		this.#response = undefined;
		if (this.#early) queueMicrotask(this.#goOn);
	};

	readonly #goOn = (): void => {
		const early = this.#early;
		if (!early || this.#response || this.#socket.writableNeedDrain || this.#socket.destroyed) return;
		this.#early = undefined;
		this.#take(early);
		this.#socket.resume();
	};

	/** The client says no more: what it asked for is not held any longer, what is being sent goes out. */
	readonly #onEnd = (): void => {
		this.#response?.leave();
		this.#response = undefined;
		this.#socket.end();
	};

	readonly #onClose = (): void => {
		this.#response?.leave();
		this.#response = undefined;
	};

	/** By the socket's events, as long as it is ours. */
	readonly #listeners = {
		data: this.#onData,
		end: this.#onEnd,
		drain: this.#goOn,
		timeout: () => this.#socket.destroy(),
		error: ignore,
		close: this.#onClose,
	};
}

/** The connection closes by itself; whose fault it is, is nobody's business here. */
function ignore(): void {}
