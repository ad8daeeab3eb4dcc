import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { ServerConnection } from './connection.ts';
import type { PresentationDirectory } from './presentation.ts';
import { UdpOutlets } from './udp-outlet.ts';

const DEFAULT_MAX_CONNECTIONS = 256;
/** Session identifiers are at least eight octets (RFC 2326 section 3.4). */
const SESSION_ID_BYTES = 8;

export type RtspServerOptions = {
	/** An IP address to listen on, for RTSP and for UDP media. */
	readonly host: string;
	/** 0 takes a free one. */
	readonly port: number;
	readonly presentations: PresentationDirectory;
	readonly clock: Clock;
	readonly logger: Logger;
	/** Unpredictable bytes, for session identifiers. */
	readonly randomBytes: (length: number) => Uint8Array;
	/** Further clients are turned away. */
	readonly maxConnections?: number;
};

/** An RTSP 1.0 server (RFC 2326): plays presentations over TCP interleaved and over UDP unicast. */
export class RtspServer {
	readonly #options: RtspServerOptions;
	readonly #server: Server;
	readonly #connections = new Set<ServerConnection>();
	#udpPorts: Promise<UdpOutlets> | undefined;
	#closing: Promise<void> | undefined;

	private constructor(options: RtspServerOptions) {
		this.#options = options;
		this.#server = createServer((socket) => this.#accept(socket));
		this.#server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
	}

	/** @throws the bind error */
	static async listen(options: RtspServerOptions): Promise<RtspServer> {
		const server = new RtspServer(options);
		server.#server.listen(options.port, options.host);
		await once(server.#server, 'listening');
		return server;
	}

	/** The bound TCP port. */
	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Says goodbye to every client and frees the ports. Idempotent. */
	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	#accept(socket: Socket): void {
		const { presentations, clock, logger, randomBytes } = this.#options;
		const connection = new ServerConnection({
			socket,
			presentations,
			clock,
			logger,
			sessionId: Buffer.from(randomBytes(SESSION_ID_BYTES)).toString('hex'),
			udpPorts: () => this.#bindUdp(),
			onClosed: () => this.#connections.delete(connection),
		});
		this.#connections.add(connection);
	}

	#bindUdp(): Promise<UdpOutlets> {
		this.#udpPorts ??= UdpOutlets.bind(this.#options.host).catch((failure) => {
			this.#udpPorts = undefined;
			throw failure;
		});
		return this.#udpPorts;
	}

	async #close(): Promise<void> {
		const closed = new Promise<void>((done) => this.#server.close(() => done()));
		for (const connection of [...this.#connections]) connection.close('the server closes');
		await closed;
		const ports = await this.#udpPorts?.catch(() => undefined);
		await ports?.close();
	}
}
