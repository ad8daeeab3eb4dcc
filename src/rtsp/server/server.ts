import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { ServerConnection } from './connection.ts';
import { SERVER_LIMITS } from './limits.ts';
import type { PresentationDirectory } from './presentation.ts';
import { type ReaderInfo, readerInfo } from './reader-info.ts';
import { openGuard, type RequestGuardFactory } from './request-guard.ts';
import { UdpOutlets } from './udp-outlet.ts';

/** Session identifiers are at least eight octets (RFC 2326 section 3.4). */
const SESSION_ID_BYTES = 16;

export type RtspServerOptions = {
	/** An IP address to listen on, for RTSP and for UDP media. */
	readonly host: string;
	/** 0 takes a free one. */
	readonly port: number;
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
	#count = 0;
	#udpPorts: Promise<UdpOutlets> | undefined;
	#closing: Promise<void> | undefined;

	private constructor(options: RtspServerOptions) {
		this.#options = options;
		this.#server = createServer((socket) => this.#accept(socket));
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
		await closed;
		const ports = await this.#udpPorts?.catch(() => undefined);
		await ports?.close();
	}
}
