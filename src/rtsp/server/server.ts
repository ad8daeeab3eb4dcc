import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { ServerConnection } from './connection.ts';
import { SERVER_LIMITS } from './limits.ts';
import { UdpOutlets } from './outlets/udp-outlet.ts';
import type { PresentationDirectory } from './presentation.ts';
import { type ReaderInfo, readerInfo } from './reader-info.ts';
import { openGuard, type RequestGuardFactory } from './request-guard.ts';

/** Session identifiers are at least eight octets (RFC 2326 section 3.4). */
const SESSION_ID_BYTES = 16;

/** In PEM. */
export type ServerCertificate = { readonly cert: Buffer; readonly key: Buffer };

export type RtspServerOptions = {
	/** An IP address to listen on, for RTSP and for UDP media. */
	readonly host: string;
	/** 0 takes a free one. */
	readonly port: number;
	/** With it RTSP and interleaved media go over TLS (`rtsps:`), and nothing else is answered on this port. */
	readonly tls?: ServerCertificate | undefined;
	/** The even one of two UDP ports for media over UDP; 0 takes free ones when first asked for, `off` has none. */
	readonly udpPort?: number | 'off';
	readonly presentations: PresentationDirectory;
	readonly clock: Clock;
	readonly logger: Logger;
	/** Unpredictable bytes, for session identifiers. */
	readonly randomBytes: (length: number) => Uint8Array;
	/** Without one everybody is let in. */
	readonly guard?: RequestGuardFactory;
	/** Further clients are turned away. */
	readonly maxConnections?: number;
};

/** An RTSP 1.0 server (RFC 2326): plays presentations over TCP interleaved and over UDP unicast. */
export class RtspServer {
	readonly #options: RtspServerOptions;
	readonly #server: Server;
	readonly #connections = new Map<ServerConnection, ReaderInfo['id']>();
	/** What TLS runs over, also before its handshake is done. */
	readonly #carriers = new Set<Socket>();
	#count = 0;
	#udpPorts: Promise<UdpOutlets> | undefined;
	#closing: Promise<void> | undefined;

	private constructor(options: RtspServerOptions) {
		this.#options = options;
		const accept = (socket: Socket) => this.#accept(socket);
		this.#server = options.tls ? this.#createTls(options.tls, accept) : createServer(accept);
		this.#server.maxConnections = options.maxConnections ?? SERVER_LIMITS.connections;
	}

	/** @throws the bind error */
	static async listen(options: RtspServerOptions): Promise<RtspServer> {
		const server = new RtspServer(options);
		server.#server.listen(options.port, options.host);
		await once(server.#server, 'listening');
		try {
			// A port that was chosen is taken now: who cannot have it learns it at the start.
			if (typeof options.udpPort === 'number' && options.udpPort !== 0) await server.#bindUdp();
		} catch (failure) {
			await server.close();
			throw failure;
		}
		return server;
	}

	/** The bound TCP port. */
	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Another certificate, for connections from now on; only with TLS. */
	use(certificate: ServerCertificate): void {
		if (this.#server instanceof TlsServer) this.#server.setSecureContext(certificate);
	}

	/** Clients connected now. */
	get connections(): number {
		return this.#connections.size;
	}

	/** Who has set up the presentation at `path`. */
	readers(path: string): ReaderInfo[] {
		const readers: ReaderInfo[] = [];
		for (const [connection, id] of this.#connections) {
			const info = readerInfo(connection, id, path);
			if (info) readers.push(info);
		}
		return readers;
	}

	/** Says goodbye to every client and frees the ports. Idempotent. */
	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	#createTls({ cert, key }: ServerCertificate, accept: (socket: Socket) => void): Server {
		const { logger } = this.#options;
		const server = createTlsServer({ cert, key, handshakeTimeout: SERVER_LIMITS.admission }, accept);
		server.on('connection', (carrier: Socket) => {
			this.#carriers.add(carrier);
			carrier.once('close', () => this.#carriers.delete(carrier));
		});
		server.on('tlsClientError', (failure) => logger.debug({ reason: failure.message }, 'no TLS with an RTSP client'));
		return server;
	}

	#accept(socket: Socket): void {
		const { presentations, clock, logger, randomBytes, guard, udpPort } = this.#options;
		const connection: ServerConnection = new ServerConnection({
			socket,
			presentations,
			guard: guard?.(socket.remoteAddress ?? '', (reason) => connection.close(reason)) ?? openGuard,
			clock,
			logger,
			sessionId: Buffer.from(randomBytes(SESSION_ID_BYTES)).toString('hex'),
			udpPorts: udpPort === 'off' ? undefined : () => this.#bindUdp(),
			onClosed: () => this.#connections.delete(connection),
		});
		this.#count += 1;
		this.#connections.set(connection, String(this.#count));
	}

	#bindUdp(): Promise<UdpOutlets> {
		const { host, udpPort, clock } = this.#options;
		this.#udpPorts ??= UdpOutlets.bind(host, typeof udpPort === 'number' ? udpPort : 0, clock).catch((failure) => {
			this.#udpPorts = undefined;
			throw failure;
		});
		return this.#udpPorts;
	}

	async #close(): Promise<void> {
		const closed = new Promise<void>((done) => this.#server.close(() => done()));
		for (const connection of [...this.#connections.keys()]) connection.close('the server closes');
		const linger = this.#options.clock.after(SERVER_LIMITS.linger, () => {
			for (const carrier of this.#carriers) carrier.destroy();
		});
		await closed;
		linger.cancel();
		const ports = await this.#udpPorts?.catch(() => undefined);
		await ports?.close();
	}
}
