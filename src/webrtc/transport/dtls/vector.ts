import { AlertDescription, HandshakeFailure } from './alert.ts';

/** Reads the presentation language of TLS (RFC 5246 4). Every method throws `HandshakeFailure` past the end. */
export class VectorReader {
	readonly #bytes: Buffer;
	#position = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get atEnd(): boolean {
		return this.#position === this.#bytes.length;
	}

	/** An unsigned number of 1 to 3 bytes. */
	number(width: number): number {
		return this.bytes(width).readUIntBE(0, width);
	}

	/** A view of the next bytes. */
	bytes(length: number): Buffer {
		const end = this.#position + length;
		if (end > this.#bytes.length) throw new HandshakeFailure(AlertDescription.decodeError, 'a message is cut short');
		const bytes = this.#bytes.subarray(this.#position, end);
		this.#position = end;
		return bytes;
	}

	/** A vector with a length field of `width` bytes in front. */
	vector(width: number): Buffer {
		return this.bytes(this.number(width));
	}

	/** A vector of numbers of `size` bytes each. */
	numbers(width: number, size: number): number[] {
		const reader = new VectorReader(this.vector(width));
		const numbers: number[] = [];
		while (!reader.atEnd) numbers.push(reader.number(size));
		return numbers;
	}

	/** Nothing may follow. */
	end(): void {
		if (!this.atEnd) throw new HandshakeFailure(AlertDescription.decodeError, 'a message is longer than it says');
	}
}

/** An unsigned number in `width` bytes. */
export function number(width: number, value: number): Buffer {
	const bytes = Buffer.alloc(width);
	bytes.writeUIntBE(value, 0, width);
	return bytes;
}

/** Parts behind their length in `width` bytes. */
export function vector(width: number, ...parts: readonly Uint8Array[]): Buffer {
	const body = Buffer.concat(parts);
	return Buffer.concat([number(width, body.length), body]);
}
