import type { IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import express, { type Express } from 'express';

const { setHeader } = Http2ServerResponse.prototype;
/** As in `node:http`, it can be chained. */
const CHAINED = {
	setHeader(this: Http2ServerResponse, name: string, value: string | number | readonly string[]) {
		setHeader.call(this, name, value as string);
		return this;
	},
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * An Express app for HTTP/1.1 and HTTP/2. Express gives each request and response its own methods by another
 * prototype, which descends from the classes of `node:http`; those of `node:http2` need one that descends from theirs.
 */
export function overHttp2(app: Express): Handler {
	const view = Object.create(app, {
		request: { value: graft(Http2ServerRequest.prototype, express.request, app.request) },
		response: { value: graft(Http2ServerResponse.prototype, CHAINED, express.response, app.response) },
	}) as { handle: Handler };
	return (request, response) => {
		if (request.httpVersionMajor < 2) {
			app(request, response);
			return;
		}
		// Express sets it, and `node:http2` has it without a setter.
		Object.defineProperty(response, 'req', { value: request, writable: true, configurable: true });
		view.handle(request, response);
	};
}

function graft(base: object, ...layers: readonly object[]): object {
	return layers.reduce((proto: object, layer) => Object.create(proto, Object.getOwnPropertyDescriptors(layer)), base);
}
