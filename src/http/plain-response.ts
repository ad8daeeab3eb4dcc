import {
	type OutgoingHttpHeader,
	type OutgoingHttpHeaders,
	STATUS_CODES,
	validateHeaderName,
	validateHeaderValue,
} from 'node:http';
import type { Socket } from 'node:net';
import { systemClock } from '../base/clock.ts';
import type { HttpResponse } from '../base/http-exchange.ts';

/** A body up to this goes out in one piece with its head, which is put together once. Bytes. */
const MAX_JOINED = 16_384;

type Prepared = {
	readonly status: number;
	readonly head: Buffer;
	joined: { readonly body: Uint8Array; readonly whole: Buffer } | undefined;
};

/**
 * By the array of names and values: who answers many with the same one has it put together once a second. What was
 * answered in an earlier second is let go of: the arrays may live as long as a segment.
 */
let prepared = new WeakMap<object, Prepared>();
/** Of the Date field, and what it says. */
let second = 0;
let date = '';

/** The answer to a plain request, on a connection that stays open (RFC 9112 section 9.3). */
export class PlainResponse implements HttpResponse {
	statusCode = 200;
	headersSent = false;
	writableEnded = false;
	destroyed = false;
	readonly #socket: Socket;
	readonly #isHead: boolean;
	readonly #onEnd: () => void;
	/** By names in lower case. */
	#fields: Map<string, readonly string[]> | undefined;
	#given: OutgoingHttpHeaders | OutgoingHttpHeader[] = [];
	#listeners: (() => void)[] = [];

	/** @param onEnd the connection is free for the next request */
	constructor(socket: Socket, isHead: boolean, onEnd: () => void) {
		this.#socket = socket;
		this.#isHead = isHead;
		this.#onEnd = onEnd;
	}

	setHeader(name: string, value: number | string): void {
		this.#fields ??= new Map();
		this.#fields.set(name.toLowerCase(), [name, `${value}`]);
	}

	writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[] = []): this {
		this.statusCode = status;
		this.headersSent = true;
		this.#given = headers;
		return this;
	}

	end(text?: Uint8Array | string): void {
		if (this.writableEnded || this.destroyed) return;
		const body = typeof text === 'string' ? Buffer.from(text) : text;
		this.writableEnded = true;
		this.headersSent = true;
		const content = this.#isHead ? undefined : body;
		const message = this.#prepare(body?.length ?? 0);
		const done = this.#listeners.length > 0 ? () => this.leave() : undefined;
		const socket = this.#socket;
		if (content === undefined || content.length === 0) {
			socket.write(message.head, done);
		} else if (content.length <= MAX_JOINED) {
			if (message.joined?.body !== content) {
				message.joined = { body: content, whole: Buffer.concat([message.head, content]) };
			}
			socket.write(message.joined.whole, done);
		} else {
			socket.cork();
			socket.write(message.head);
			socket.write(content, done);
			socket.uncork();
		}
		this.#onEnd();
	}

	destroy(): void {
		this.#socket.destroy();
	}

	on(_event: 'close', listener: () => void): void {
		if (this.destroyed) listener();
		else if (this.writableEnded) this.#socket.write('', () => listener());
		else this.#listeners.push(listener);
	}

	/** Everything is with the system, or the client has gone. */
	leave(): void {
		if (!this.writableEnded) this.destroyed = true;
		const listeners = this.#listeners;
		this.#listeners = [];
		for (const listener of listeners) listener();
	}

	#prepare(length: number): Prepared {
		tellTime();
		const given = this.#given;
		const known = this.#fields ? undefined : prepared.get(given);
		if (known && known.status === this.statusCode) return known;
		const fields = this.#collect();
		const isWhole = fields.has('content-length');
		const made = { status: this.statusCode, head: this.#head(fields, length), joined: undefined };
		// Only what was given tells one answer from another then.
		if (isWhole && !this.#fields) prepared.set(given, made);
		return made;
	}

	#collect(): Map<string, readonly string[]> {
		const fields = new Map(this.#fields);
		const given = Array.isArray(this.#given) ? pairs(this.#given) : Object.entries(this.#given);
		const own = new Set<string>();
		for (const [name, value] of given) {
			const key = name.toLowerCase();
			// What the head says goes before what was set; a name that it says twice comes twice.
			const before = own.has(key) ? (fields.get(key) ?? []) : [];
			own.add(key);
			fields.set(key, [...before, name, `${value}`]);
		}
		return fields;
	}

	#head(fields: Map<string, readonly string[]>, length: number): Buffer {
		const status = this.statusCode;
		const hasLength = !this.#isHead && status !== 204 && status !== 304;
		if (hasLength && !fields.has('content-length')) fields.set('content-length', ['Content-Length', `${length}`]);
		let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
		for (const [name, value] of [...fields.values()].flatMap(pairs)) {
			validateHeaderName(name);
			validateHeaderValue(name, value);
			text += `${name}: ${value}\r\n`;
		}
		return Buffer.from(`${text}Date: ${date}\r\n\r\n`, 'latin1');
	}
}

function tellTime(): void {
	const now = Math.floor(systemClock.wall() / 1000);
	if (now === second) return;
	second = now;
	date = new Date(now * 1000).toUTCString();
	prepared = new WeakMap();
}

function pairs(turns: readonly OutgoingHttpHeader[]): [name: string, value: string][] {
	const found: [string, string][] = [];
	for (let at = 0; at + 1 < turns.length; at += 2) found.push([`${turns[at]}`, `${turns[at + 1]}`]);
	return found;
}
