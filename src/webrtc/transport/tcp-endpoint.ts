import { createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { toError } from '../../base/errors.ts';
import {
	MAX_ADDRESSES_PER_PEER,
	MAX_TCP_BACKLOG,
	TCP_CHECK_TIMEOUT_MS,
	TCP_GOODBYE_MS,
	TCP_IDLE_TIMEOUT_MS,
} from './limits.ts';
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
	/** Sends bytes that are datagrams in their frames already. @returns false when they were given up */
	write(framed: Buffer): boolean;
	/** An authenticated check of this viewer came over it: it stays until the next one is long overdue. */
	keep(viewer: object): void;
}

type Accepted = TcpConnection & {
	/** Whose last check came over it. */
	viewer: object | undefined;
	close(): void;
	/** Closes it then, and no longer when it was to before. */
	closeAfter(delay: number): void;
};

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
	/** Each viewer's, the one whose last check is longest ago first. */
	readonly #byViewer = new Map<object, Set<Accepted>>();
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

	/** The viewer ended: its connections carry what was sent before, and close. */
	release(viewer: object): void {
		for (const connection of this.#byViewer.get(viewer) ?? []) {
			connection.viewer = undefined;
			connection.closeAfter(TCP_GOODBYE_MS);
		}
		this.#byViewer.delete(viewer);
	}

	close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		return new Promise((resolve) => this.#server.close(() => resolve()));
	}

	#accept(socket: Socket, options: TcpEndpointOptions): void {
		const { remoteAddress, remotePort: port } = socket;
		if (remoteAddress === undefined || port === undefined) {
			// Reset by the other side before it was accepted.
			socket.on('error', () => {});
			socket.destroy();
			return;
		}
		const address = remoteAddress.replace(MAPPED_IPV4, '');
		let patience: Timer | undefined;
		const connection: Accepted = {
			id: ++this.#lastId,
			address,
			port,
			description: `tcp ${address.includes(':') ? `[${address}]` : address}:${port}`,
			viewer: undefined,
			keep: (viewer) => {
				// A check may be told of when its connection is gone.
				if (!socket.destroyed) this.#keep(connection, viewer);
			},
			close: () => void socket.destroy(),
			closeAfter(delay) {
				patience?.cancel();
				patience = options.clock.after(delay, connection.close);
			},
			write(framed) {
				if (!socket.writable) return false;
				if (socket.writableLength > MAX_TCP_BACKLOG) {
					options.onDropped();
					return false;
				}
				socket.write(framed);
				return true;
			},
			send: (datagram) => connection.write(frameDatagram(datagram)),
		};
		connection.closeAfter(TCP_CHECK_TIMEOUT_MS);
		const deframer = new StreamDeframer();
		/** A fault while one connection's event is handled ends that connection only. */
		const guard = (handle: () => void): void => {
			try {
				handle();
			} catch (error) {
				socket.destroy();
				options.onError(toError(error));
			}
		};
		const deliver = (datagram: Buffer): void => options.onDatagram(datagram, connection);
		this.#sockets.add(socket);
		socket.on('data', (bytes) => {
			guard(() => {
				if (!deframer.push(bytes, deliver)) socket.destroy();
			});
		});
		// What the other side does to its connection concerns this connection only; 'close' follows.
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			patience?.cancel();
			this.#sockets.delete(socket);
			this.#disown(connection);
			guard(() => options.onClosed(connection));
		});
	}

	#keep(connection: Accepted, viewer: object): void {
		this.#disown(connection);
		connection.viewer = viewer;
		connection.closeAfter(TCP_IDLE_TIMEOUT_MS);
		const connections = this.#byViewer.get(viewer) ?? new Set();
		this.#byViewer.set(viewer, connections.add(connection));
		if (connections.size <= MAX_ADDRESSES_PER_PEER) return;
		const [oldest] = connections;
		this.#disown(oldest as Accepted);
		oldest?.close();
	}

	#disown(connection: Accepted): void {
		const { viewer } = connection;
		if (viewer === undefined) return;
		connection.viewer = undefined;
		const connections = this.#byViewer.get(viewer);
		connections?.delete(connection);
		if (connections?.size === 0) this.#byViewer.delete(viewer);
	}
}
