import { MAX_DATAGRAM } from './limits.ts';

const LENGTH = 2;

/** A datagram on a byte stream (RFC 4571): its length, then itself. */
export function frameDatagram(datagram: Buffer): Buffer {
	const framed = Buffer.allocUnsafe(LENGTH + datagram.length);
	framed.writeUInt16BE(datagram.length, 0);
	framed.set(datagram, LENGTH);
	return framed;
}

/** Takes datagrams out of a byte stream (RFC 4571). Holds at most one unfinished datagram. */
export class StreamDeframer {
	readonly #buffer = Buffer.alloc(LENGTH + MAX_DATAGRAM);
	#filled = 0;

	/**
	 * @param onDatagram gets each whole datagram; its bytes are valid during the call only
	 * @returns false when a datagram is too long: the stream is of no more use
	 */
	push(bytes: Buffer, onDatagram: (datagram: Buffer) => void): boolean {
		let position = 0;
		while (position < bytes.length) {
			const needed = this.#filled < LENGTH ? LENGTH : LENGTH + this.#buffer.readUInt16BE(0);
			if (needed > this.#buffer.length) return false;
			const end = Math.min(bytes.length, position + needed - this.#filled);
			bytes.copy(this.#buffer, this.#filled, position, end);
			this.#filled += end - position;
			position = end;
			if (this.#filled > LENGTH && this.#filled === LENGTH + this.#buffer.readUInt16BE(0)) {
				this.#filled = 0;
				onDatagram(this.#buffer.subarray(LENGTH, LENGTH + this.#buffer.readUInt16BE(0)));
			} else if (this.#filled === LENGTH && this.#buffer.readUInt16BE(0) === 0) {
				this.#filled = 0;
			}
		}
		return true;
	}
}
