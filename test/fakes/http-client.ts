import { EventEmitter } from 'node:events';
import type { HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';

/** A client of a handler in this process: its request, and the answer that it gets. */
export class HttpClient extends EventEmitter implements HttpResponse {
	readonly request: HttpRequest;
	/** 0 as long as nothing was answered. */
	status = 0;
	body = '';
	statusCode = 200;
	writableEnded = false;
	destroyed = false;
	readonly headers = new Map<string, string>();

	constructor(url: string, headers: HttpRequest['headers'] = {}, method = 'GET') {
		super();
		this.request = { url, method, headers, socket: { remoteAddress: '192.0.2.1', errored: null } };
	}

	get headersSent(): boolean {
		return this.status > 0;
	}

	setHeader(name: string, value: number | string): void {
		this.headers.set(name.toLowerCase(), `${value}`);
	}

	writeHead(status: number): this {
		this.status = status;
		return this;
	}

	end(body: Uint8Array | string = ''): void {
		this.status ||= this.statusCode;
		this.body = Buffer.from(body as string).toString();
		this.writableEnded = true;
	}

	destroy(): void {
		this.leave();
	}

	/** Goes without waiting for the answer. */
	leave(): void {
		this.destroyed = true;
		this.emit('close');
	}

	/** The status, and what a problem is called. */
	get told(): readonly [status: number, code?: string] {
		return this.status < 400 ? [this.status] : [this.status, JSON.parse(this.body).code];
	}
}
