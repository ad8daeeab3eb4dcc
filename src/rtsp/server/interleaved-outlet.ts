import type { Socket } from 'node:net';
import type { PortPair } from '../transport-header.ts';
import type { Outlet } from './outlet.ts';

const FRAME_HEADER = 4;

/** Sends a track within the RTSP connection itself (RFC 2326 section 10.12). */
export class InterleavedOutlet implements Outlet {
	readonly #socket: Socket;
	readonly #channels: PortPair;
	readonly #onClose: () => void;

	/** @param onClose frees the channels */
	constructor(socket: Socket, channels: PortPair, onClose: () => void) {
		this.#socket = socket;
		this.#channels = channels;
		this.#onClose = onClose;
	}

	get backlog(): number {
		return this.#socket.writableLength;
	}

	send(packets: readonly Uint8Array[]): void {
		if (this.#socket.writable) this.#socket.write(interleave(this.#channels[0], packets));
	}

	sendRtcp(packet: Uint8Array): void {
		if (this.#socket.writable) this.#socket.write(interleave(this.#channels[1], [packet]));
	}

	close(): void {
		this.#onClose();
	}
}

/** Packets as interleaved frames, in one buffer so that a frame of video is one write. */
export function interleave(channel: number, packets: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const packet of packets) length += FRAME_HEADER + packet.length;
	const bytes = Buffer.allocUnsafe(length);
	let at = 0;
	for (const packet of packets) {
		bytes[at] = 0x24;
		bytes[at + 1] = channel;
		bytes.writeUInt16BE(packet.length, at + 2);
		bytes.set(packet, at + FRAME_HEADER);
		at += FRAME_HEADER + packet.length;
	}
	return bytes;
}
