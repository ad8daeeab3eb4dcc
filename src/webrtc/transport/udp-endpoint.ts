import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { MAX_SEND_BACKLOG, SOCKET_RECEIVE_BUFFER, SOCKET_SEND_BUFFER } from './limits.ts';
import type { Route } from './media-sender.ts';

export type UdpEndpointOptions = {
	readonly family: 'IPv4' | 'IPv6';
	/** The address to bind. */
	readonly host: string;
	/** 0 lets the system choose. */
	readonly port: number;
	onDatagram(datagram: Buffer, from: RemoteInfo): void;
	/** A datagram that was given up because too much waits. */
	onDropped(): void;
	/** The socket itself failed. */
	onError(error: Error): void;
};

/** One UDP socket for every viewer. */
export class UdpEndpoint {
	readonly #options: UdpEndpointOptions;
	readonly #socket: Socket;
	/** The memory of the datagram that waits longest, if one waits. */
	#held: ArrayBufferLike | undefined;

	private constructor(options: UdpEndpointOptions, socket: Socket) {
		this.#options = options;
		this.#socket = socket;
		socket.on('message', (datagram, from) => {
			// Port 0 can be forged but not sent to.
			if (from.port > 0) options.onDatagram(datagram, from);
		});
		socket.on('error', options.onError);
	}

	/** @throws the system's error when the address cannot be bound */
	static async bind(options: UdpEndpointOptions): Promise<UdpEndpoint> {
		const family = options.family === 'IPv4' ? 4 : 6;
		const socket = createSocket({
			type: family === 4 ? 'udp4' : 'udp6',
			ipv6Only: family === 6,
			// Every destination is an address already; the default would take a turn of the event loop for each send.
			lookup: (hostname, _options, callback) => callback(null, hostname, family),
		});
		await new Promise<void>((resolve, reject) => {
			socket.once('error', reject);
			socket.bind({ address: options.host, port: options.port }, () => {
				socket.off('error', reject);
				resolve();
			});
		}).catch((error: unknown) => {
			socket.close();
			throw error;
		});
		socket.setSendBufferSize(SOCKET_SEND_BUFFER);
		socket.setRecvBufferSize(SOCKET_RECEIVE_BUFFER);
		return new UdpEndpoint(options, socket);
	}

	get family(): 'IPv4' | 'IPv6' {
		return this.#options.family;
	}

	get port(): number {
		return this.#socket.address().port;
	}

	/** The way to one address. */
	route(address: string, port: number): Route {
		return {
			description: `udp ${address.includes(':') ? `[${address}]` : address}:${port}`,
			send: (datagram) => this.#send(datagram, port, address),
		};
	}

	/** True while a datagram of this memory waits to be sent. */
	holds(memory: ArrayBufferLike): boolean {
		return this.#held === memory && this.#backlogged();
	}

	close(): Promise<void> {
		return new Promise((resolve) => this.#socket.close(() => resolve()));
	}

	/**
	 * The socket hands a datagram to the kernel at once unless others wait; one that must wait keeps referring to its
	 * memory, so later ones are copied.
	 */
	#send(datagram: Buffer, port: number, address: string): boolean {
		if (this.#backlogged()) {
			if (this.#socket.getSendQueueSize() > MAX_SEND_BACKLOG) {
				this.#options.onDropped();
				return false;
			}
			this.#socket.send(Buffer.from(datagram), port, address);
			return true;
		}
		this.#socket.send(datagram, port, address);
		if (this.#socket.getSendQueueCount() > 0) this.#held = datagram.buffer;
		return true;
	}

	#backlogged(): boolean {
		if (this.#held === undefined) return false;
		if (this.#socket.getSendQueueCount() > 0) return true;
		this.#held = undefined;
		return false;
	}
}
