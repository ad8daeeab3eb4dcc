import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
	constants,
	createSecureServer,
	type Http2SecureServer,
	type Http2ServerRequest,
	type ServerHttp2Session,
	type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Certificate } from './certificate.ts';
import {
	HANDSHAKE_TIMEOUT_MS,
	HEADERS_TIMEOUT_MS,
	IDLE_TIMEOUT_MS,
	MAX_HEADER_BYTES,
	MAX_STREAMS,
	REQUEST_TIMEOUT_MS,
	TIMEOUT_CHECK_MS,
} from './limits.ts';
import { PlainConnection, type PlainHandler } from './plain-connection.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export type RequestHandlers = {
	readonly handle: RequestHandler;
	/** Answers those plain requests that it takes before Node.js has made objects of them, which costs as much again. */
	readonly plain?: PlainHandler | undefined;
};

export type Address = {
	/** An IP address or host name of this machine. */
	readonly host: string;
	/** 0 takes a free one. */
	readonly port: number;
};

/** A port that is listened on. Requests are answered from `serve` on; those before it wait. */
export interface WebServer {
	readonly port: number;
	serve(handlers: RequestHandlers): void;
	/** Cuts the connections, which players keep open, and waits until the port is free. Idempotent. */
	close(): Promise<void>;
}

/** A port with TLS, whose certificate can be exchanged while it is listened on. */
export interface SecureWebServer extends WebServer {
	/** For connections from now on. */
	use(certificate: Certificate): void;
}

const TIMEOUTS = {
	requestTimeout: REQUEST_TIMEOUT_MS,
	headersTimeout: HEADERS_TIMEOUT_MS,
	connectionsCheckingInterval: TIMEOUT_CHECK_MS,
	maxHeaderSize: MAX_HEADER_BYTES,
};

/** HTTP/1.1. @throws the system's error when the port cannot be had */
export async function listenHttp(address: Address): Promise<WebServer> {
	const server = createServer(TIMEOUTS);
	limitIdleTime(server);
	const [handOver] = server.listeners('connection') as [(this: Server, socket: Socket) => void];
	const toNode = (socket: Socket) => {
		handOver.call(server, socket);
		socket.resume();
	};
	let plain: PlainHandler | undefined;
	server.off('connection', handOver);
	server.on('connection', (socket) => {
		if (plain) new PlainConnection(socket, plain, toNode);
		else handOver.call(server, socket);
	});
	const listening = await listen(server, address);
	return {
		...listening,
		serve: (handlers) => {
			plain = handlers.plain;
			listening.serve(handlers);
		},
	};
}

/** HTTP/2, and HTTP/1.1 for those who do not know it, over TLS. @throws as `listenHttp` */
export async function listenHttps(address: Address, certificate: Certificate): Promise<SecureWebServer> {
	const server = createSecureServer({
		allowHTTP1: true,
		handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
		settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
		cert: certificate.cert,
		key: certificate.key,
	});
	// It does not look for those of HTTP/1.1 among its options.
	Object.assign(server, TIMEOUTS);
	limitIdleTime(server);
	const sessions = new Set<ServerHttp2Session>();
	server.on('session', (session) => {
		sessions.add(session);
		session.once('close', () => sessions.delete(session));
		session.setTimeout(IDLE_TIMEOUT_MS, () => session.close());
	});
	server.on('stream', limitBodyTime);
	const listening = await listen(server, address);
	return {
		...listening,
		close: () => {
			// Tells the clients.
			for (const session of sessions) session.destroy();
			return listening.close();
		},
		use: ({ cert, key }) => server.setSecureContext({ cert, key }),
	};
}

/** One timer for each connection: a keep-alive timeout would be one more for each answer. */
function limitIdleTime(server: { timeout: number } | Http2SecureServer): void {
	Object.assign(server, { keepAliveTimeout: 0, timeout: IDLE_TIMEOUT_MS });
}

/** The timeouts of HTTP/1.1 say nothing about a request that comes over HTTP/2. */
function limitBodyTime(stream: ServerHttp2Stream): void {
	if (stream.endAfterHeaders) return;
	const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
	const timer = setTimeout(cancel, REQUEST_TIMEOUT_MS).unref();
	stream.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

async function listen(server: Server, { host, port }: Address): Promise<WebServer> {
	const connections = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		connections.add(socket);
		socket.once('close', () => connections.delete(socket));
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen({ port, host }, () => {
			server.off('error', reject);
			resolve();
		});
	});
	let closed: Promise<void> | undefined;
	return {
		port: (server.address() as AddressInfo).port,
		serve: ({ handle }) => {
			server.on('request', (request: IncomingMessage, response: ServerResponse) => {
				if (request.httpVersionMajor > 1) nameHost(request as unknown as Http2ServerRequest);
				else takeOriginForm(request);
				handle(request, response);
			});
		},
		close: () => {
			closed ??= new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of connections) socket.destroy();
			});
			return closed;
		},
	};
}

/** HTTP/2 says it by another name (RFC 9113 section 8.3.1). */
function nameHost({ headers, authority }: Http2ServerRequest): void {
	headers.host ??= authority;
}

/** A proxy may name the whole address, whose host then goes before the field Host (RFC 9112 section 3.2.2). */
function takeOriginForm(request: IncomingMessage): void {
	const [, host, target = ''] = /^https?:\/\/(?:[^/?#@]*@)?([^/?#@]+)(.*)$/i.exec(request.url ?? '') ?? [];
	if (host === undefined) return;
	request.url = target.startsWith('/') ? target : `/${target}`;
	request.headers.host = host;
}
