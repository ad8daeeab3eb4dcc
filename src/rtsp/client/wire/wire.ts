import type { Socket } from 'node:net';
import type { SharedReads } from '../transport/shared-reads.ts';

/** Takes what comes over a wire. */
export interface WireHandler {
	/** @param chunk may be overwritten after the call */
	onBytes(chunk: Uint8Array): void;
	/** Once, unless this side destroyed the wire. @param failure undefined when the other side closed it */
	onEnd(failure: Error | undefined): void;
}

/** The bytes of one RTSP connection, both ways, whatever they are wrapped in. */
export interface Wire {
	/** The camera's address, whatever its name was. */
	readonly remoteAddress: string;
	readonly localAddress: string;
	/** Bytes that were written and that the network has not taken. */
	readonly waiting: number;
	/** From now on, what comes goes there. To be called once. */
	start(handler: WireHandler): void;
	write(bytes: Uint8Array): void;
	destroy(): void;
}

/** A TCP or TLS connection as it is. */
export class SocketWire implements Wire {
	readonly #socket: Socket;
	readonly #reads: SharedReads | undefined;

	/** @param reads of a socket that was connected with them */
	constructor(socket: Socket, reads?: SharedReads) {
		this.#socket = socket;
		this.#reads = reads;
	}

	get remoteAddress(): string {
		return this.#socket.remoteAddress ?? '';
	}

	get localAddress(): string {
		return this.#socket.localAddress ?? '';
	}

	get waiting(): number {
		return this.#socket.writableLength;
	}

	start(handler: WireHandler): void {
		readSocket(this.#socket, handler, this.#reads);
	}

	write(bytes: Uint8Array): void {
		this.#socket.write(bytes);
	}

	destroy(): void {
		this.#socket.destroy();
	}
}

/** Hands on the chunks of a socket and, once, its end. */
export function readSocket(socket: Socket, handler: WireHandler, reads?: SharedReads): void {
	let failure: Error | undefined;
	socket.on('error', (error) => {
		failure ??= error;
	});
	socket.once('close', () => handler.onEnd(failure));
	if (reads) reads.start((chunk) => handler.onBytes(chunk));
	// Views of a plain Uint8Array cost half of what views of a Buffer do, and there is one a packet.
	else socket.on('data', (chunk) => handler.onBytes(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)));
	socket.resume();
	// What ended before anybody listened says so no more.
	if (socket.closed) queueMicrotask(() => handler.onEnd(failure));
}
