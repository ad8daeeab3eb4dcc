import type { PortPair } from '../../transport-header.ts';
import { channelOf, type PresentationFrame } from '../presentation.ts';
import type { Outlet } from './outlet.ts';

/** Bytes in front of each packet: `$`, channel, length (RFC 2326 section 10.12). */
export const INTERLEAVED_HEADER = 4;

/** What is used of a TCP socket. */
export type MediaSocket = {
	readonly writable: boolean;
	readonly writableLength: number;
	cork(): void;
	uncork(): void;
	write(bytes: Uint8Array): boolean;
};

/** The media of one TCP connection: what is sent in one turn of the event loop leaves in one system call. */
export class InterleavedWriter {
	readonly #socket: MediaSocket;
	#corked = false;

	constructor(socket: MediaSocket) {
		this.#socket = socket;
	}

	/** Bytes that wait. */
	get backlog(): number {
		return this.#socket.writableLength;
	}

	write(bytes: Uint8Array): void {
		if (!this.#socket.writable) return;
		if (!this.#corked) {
			this.#corked = true;
			this.#socket.cork();
			queueMicrotask(this.#flush);
		}
		this.#socket.write(bytes);
	}

	readonly #flush = (): void => {
		this.#corked = false;
		this.#socket.uncork();
	};
}

/** Sends a track within the RTSP connection itself (RFC 2326 section 10.12). */
export class InterleavedOutlet implements Outlet {
	readonly #writer: InterleavedWriter;
	readonly #channels: PortPair;
	readonly #onClose: () => void;

	/** @param onClose frees the channels */
	constructor(writer: InterleavedWriter, channels: PortPair, onClose: () => void) {
		this.#writer = writer;
		this.#channels = channels;
		this.#onClose = onClose;
	}

	get backlog(): number {
		return this.#writer.backlog;
	}

	send(frame: PresentationFrame): void {
		const shared = this.#channels[0] === channelOf(frame.track) ? frame.interleaved : undefined;
		this.#writer.write(shared ?? interleave(this.#channels[0], frame.packets));
	}

	sendRtcp(packet: Uint8Array): void {
		this.#writer.write(interleave(this.#channels[1], [packet]));
	}

	close(): void {
		this.#onClose();
	}
}

/** Packets as interleaved frames in one buffer. */
export function interleave(channel: number, packets: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const packet of packets) length += INTERLEAVED_HEADER + packet.length;
	const bytes = Buffer.allocUnsafe(length);
	let at = 0;
	for (const packet of packets) {
		at = writeInterleavedHeader(bytes, at, channel, packet.length);
		bytes.set(packet, at);
		at += packet.length;
	}
	return bytes;
}

/** @returns where the packet begins */
export function writeInterleavedHeader(bytes: Uint8Array, at: number, channel: number, length: number): number {
	bytes[at] = 0x24;
	bytes[at + 1] = channel;
	bytes[at + 2] = length >>> 8;
	bytes[at + 3] = length;
	return at + INTERLEAVED_HEADER;
}
