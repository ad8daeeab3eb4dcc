/** Writes bits, most significant first: the counterpart of `BitReader` for tests. */
export class BitWriter {
	#bits = '';

	bits(count: number, value: number): this {
		this.#bits += value.toString(2).padStart(count, '0');
		return this;
	}

	ue(value: number): this {
		const code = (value + 1).toString(2);
		this.#bits += '0'.repeat(code.length - 1) + code;
		return this;
	}

	se(value: number): this {
		return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
	}

	/** With the stop bit, padded to whole bytes, without emulation prevention. */
	toBytes(): Uint8Array {
		const bits = `${this.#bits}1`;
		const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
		return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
	}
}
