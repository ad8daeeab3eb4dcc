import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';

/** A request as its handlers read it: an `IncomingMessage`, or one of `src/http`'s own. */
export interface HttpRequest {
	readonly method?: string | undefined;
	/** The target: path and query. */
	readonly url?: string | undefined;
	readonly headers: IncomingHttpHeaders;
	readonly socket: { readonly remoteAddress?: string | undefined; readonly errored: Error | null };
}

/** The answer as its handlers write it: a `ServerResponse`, or one of `src/http`'s own. */
export interface HttpResponse {
	statusCode: number;
	readonly headersSent: boolean;
	readonly writableEnded: boolean;
	/** The client has gone, or was cut off. */
	readonly destroyed: boolean;
	setHeader(name: string, value: number | string): unknown;
	/** @param headers by name, or names and values by turns */
	writeHead(status: number, headers?: OutgoingHttpHeaders | OutgoingHttpHeader[]): HttpResponse;
	end(body?: Uint8Array | string): unknown;
	destroy(): unknown;
	/** When everything is with the system, or the client has gone. */
	on(event: 'close', listener: () => void): unknown;
}
