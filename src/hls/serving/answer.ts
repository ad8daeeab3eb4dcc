import type { HttpRequest, HttpResponse } from '../../base/http-exchange.ts';
import type { Coding, PlaylistBody } from '../playlist/playlist.ts';
import { CORS_HEADERS } from './cors.ts';

/** A file's name never comes again with other bytes. */
const IMMUTABLE = 'max-age=31536000, immutable';
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const RANGE = /^bytes=(\d*)-(\d*)$/;
const EMPTY = new Uint8Array(0);

export type AnswersOptions = {
	/** Whether clients that can take it get playlists compressed. */
	readonly compression: boolean;
	/** Whether shared caches must not keep anything. */
	readonly guarded: boolean;
};

/** Names and values by turns. */
type Head = string[];

/** In every answer. */
const COMMON: Head = [...CORS_HEADERS, 'X-Content-Type-Options', 'nosniff'];

/** Writes answers. The head of what many ask for is made once, and goes out with the body in one write. */
export class Answers {
	readonly #options: AnswersOptions;
	/** By the bytes they are for. */
	readonly #heads = new WeakMap<Uint8Array, Head>();

	constructor(options: AnswersOptions) {
		this.#options = options;
	}

	/** A playlist as everybody gets it. */
	playlist(request: HttpRequest, response: HttpResponse, playlist: PlaylistBody): void {
		const coding = this.#options.compression ? codingFor(request.headers['accept-encoding']) : 'identity';
		const bytes = playlist.as(coding);
		let head = this.#heads.get(bytes);
		if (!head) {
			head = this.#playlistHead(playlist.tag(coding), coding, bytes.length);
			this.#heads.set(bytes, head);
		}
		const known = request.headers['if-none-match'];
		if (known !== undefined && namesTag(known, playlist.tag(coding))) {
			response.writeHead(304, this.#validators(playlist.tag(coding))).end();
		} else {
			this.#send(request, response, 200, head, bytes);
		}
	}

	/** A playlist made for this one client. */
	ownPlaylist(request: HttpRequest, response: HttpResponse, text: string): void {
		const bytes = Buffer.from(text);
		const head = [...COMMON, 'Cache-Control', 'private, no-store', ...entity(PLAYLIST_TYPE, bytes.length)];
		this.#send(request, response, 200, head, bytes);
	}

	/** A segment, a part or an init segment, whole or the range asked for. @param name tells the type */
	media(request: HttpRequest, response: HttpResponse, name: string, bytes: Uint8Array): void {
		const { range } = request.headers;
		if (range !== undefined && request.method === 'GET') {
			const asked = readRange(range, bytes.length);
			if (asked !== undefined) {
				this.#range(request, response, name, bytes, asked);
				return;
			}
		}
		let head = this.#heads.get(bytes);
		if (!head) {
			head = this.#mediaHead(name, bytes.length);
			this.#heads.set(bytes, head);
		}
		this.#send(request, response, 200, head, bytes);
	}

	/** Sets the headers that an error's answer carries, too. */
	prepareError(response: HttpResponse): void {
		for (let at = 0; at + 1 < COMMON.length; at += 2) {
			response.setHeader(COMMON[at] as string, COMMON[at + 1] as string);
		}
		response.setHeader('Cache-Control', 'no-store');
	}

	/** Answers without a body. */
	empty(response: HttpResponse, status: number, head: readonly string[]): void {
		response.writeHead(status, [...COMMON, ...head]).end();
	}

	#range(
		request: HttpRequest,
		response: HttpResponse,
		name: string,
		bytes: Uint8Array,
		asked: Range | 'unsatisfiable',
	): void {
		if (asked === 'unsatisfiable') {
			const head = [...COMMON, 'Cache-Control', 'no-store', ...entity(typeOf(name), 0)];
			this.#send(request, response, 416, [...head, 'Content-Range', `bytes */${bytes.length}`], EMPTY);
			return;
		}
		const part = bytes.subarray(asked.from, asked.to + 1);
		const content = ['Content-Range', `bytes ${asked.from}-${asked.to}/${bytes.length}`];
		this.#send(request, response, 206, [...this.#mediaHead(name, part.length), ...content], part);
	}

	#playlistHead(tag: string, coding: Coding, length: number): Head {
		const packed = coding === 'identity' ? [] : ['Content-Encoding', coding];
		return [...this.#validators(tag), ...packed, ...entity(PLAYLIST_TYPE, length)];
	}

	#validators(tag: string): Head {
		const { compression, guarded } = this.#options;
		const vary = compression ? ['Vary', 'Accept-Encoding'] : [];
		return [...COMMON, ...vary, 'ETag', tag, 'Cache-Control', guarded ? 'private, no-cache' : 'no-cache'];
	}

	#mediaHead(name: string, length: number): Head {
		const caching = this.#options.guarded ? `private, ${IMMUTABLE}` : IMMUTABLE;
		return [...COMMON, 'Cache-Control', caching, ...entity(typeOf(name), length)];
	}

	#send(request: HttpRequest, response: HttpResponse, status: number, head: Head, body: Uint8Array): void {
		response.writeHead(status, head);
		if (request.method === 'HEAD') response.end();
		else response.end(body);
	}
}

function entity(type: string, length: number): Head {
	return ['Content-Type', type, 'Content-Length', `${length}`];
}

function typeOf(name: string): string {
	return name.endsWith('.ts') ? 'video/mp2t' : 'video/mp4';
}

type Range = { readonly from: number; readonly to: number };

/**
 * Reads a Range header (RFC 9110 section 14.2).
 *
 * @returns first and last byte; undefined when it is none that is understood, and the whole is the answer
 */
export function readRange(header: string, size: number): Range | 'unsatisfiable' | undefined {
	const [, first = '', last = ''] = RANGE.exec(header) ?? [];
	if (first === '' && last === '') return undefined;
	if (first === '') {
		const length = Math.min(Number(last), size);
		return length === 0 ? 'unsatisfiable' : { from: size - length, to: size - 1 };
	}
	const from = Number(first);
	const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
	if (last !== '' && Number(last) < from) return undefined;
	return from < size ? { from, to } : 'unsatisfiable';
}

/** Whether an If-None-Match header names this tag; proxies that pack make it weak (RFC 9110 section 13.1.2). */
function namesTag(header: string, tag: string): boolean {
	if (header === tag || header === '*') return true;
	return header.split(',').some((item) => item.trim().replace(/^W\//, '') === tag);
}

/** The best coding that a client takes (RFC 9110 section 12.5.3). */
function codingFor(accepted: string | string[] | undefined): Coding {
	let best: Coding = 'identity';
	for (const item of String(accepted ?? '').split(',')) {
		const [name = '', ...parameters] = item.split(';').map((word) => word.trim().toLowerCase());
		if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
		if (name === 'br') return 'br';
		if (name === 'gzip') best = 'gzip';
	}
	return best;
}
