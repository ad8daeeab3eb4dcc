import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { MAX_TCP_BACKLOG, TCP_CHECK_TIMEOUT_MS } from './limits.ts';
import type { Route } from './media-sender.ts';
import { frameDatagram, StreamDeframer } from './stream-framing.ts';

/** How a socket for both families writes an IPv4 address. */
const MAPPED_IPV4 = /^::ffff:/;

/** One accepted connection: a way to a viewer once an authenticated check came over it. */
export interface TcpConnection extends Route {
	/** No other connection has it. */
	readonly id: number;
	readonly address: string;
	readonly port: number;
	/** Sends bytes that are datagrams in their frames already. */
	write(framed: Buffer): void;
	/** Keeps the connection beyond the time it has for its first authenticated check. */
	keep(): void;
}

export type TcpEndpointOptions = {
	readonly host: string;
	readonly port: number;
	readonly maxConnections: number;
	readonly clock: Clock;
	/** The bytes are valid during the call only. */
	onDatagram(datagram: Buffer, from: TcpConnection): void;
	onClosed(connection: TcpConnection): void;
	onDropped(): void;
	onError(error: Error): void;
};

/** Passive ICE-TCP (RFC 6544) for every viewer on one port, for networks that let no UDP through. */
export class TcpEndpoint {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#lastId = 0;

	private constructor(server: Server, options: TcpEndpointOptions) {
		this.#server = server;
		server.maxConnections = options.maxConnections;
		server.on('error', options.onError);
		server.on('connection', (socket) => this.#accept(socket, options));
	}

	/** @throws the system's error when the address cannot be bound */
	static async listen(options: TcpEndpointOptions): Promise<TcpEndpoint> {
		const server = createServer({ noDelay: true });
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen({ host: options.host, port: options.port }, () => {
				server.off('error', reject);
				resolve();
			});
		});
		return new TcpEndpoint(server, options);
	}

	get port(): number {
		const address = this.#server.address();
		return typeof address === 'object' && address !== null ? address.port : 0;
	}

	close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		return new Promise((resolve) => this.#server.close(() => resolve()));
	}

	#accept(socket: Socket, options: TcpEndpointOptions): void {
		const { remoteAddress = '', remotePort: port = 0 } = socket;
		const address = remoteAddress.replace(MAPPED_IPV4, '');
		const patience = options.clock.after(TCP_CHECK_TIMEOUT_MS, () => socket.destroy());
		const connection: TcpConnection = {
			id: ++this.#lastId,
			address,
			port,
			description: `tcp ${address.includes(':') ? `[${address}]` : address}:${port}`,
			keep: () => patience.cancel(),
			write(framed) {
				if (socket.writableLength > MAX_TCP_BACKLOG) options.onDropped();
				else if (socket.writable) socket.write(framed);
			},
			send: (datagram) => connection.write(frameDatagram(datagram)),
		};
		const deframer = new StreamDeframer();
		const deliver = (datagram: Buffer): void => options.onDatagram(datagram, connection);
		this.#sockets.add(socket);
		socket.on('data', (bytes) => {
			if (!deframer.push(bytes, deliver)) socket.destroy();
		});
		// What the other side does to its connection concerns this connection only; 'close' follows.
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			patience.cancel();
			this.#sockets.delete(socket);
			options.onClosed(connection);
		});
	}
}
