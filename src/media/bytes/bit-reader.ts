/** Zero bits that may lead an Exp-Golomb code of a 32-bit value. */
const MAX_LEADING_ZEROS = 32;

/** Reads bits, most significant first. Beyond the end it reads zeros and says so in `exhausted`. */
export class BitReader {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	/** True once more bits were asked for than there are, or a code was malformed. */
	get exhausted(): boolean {
		return this.#at > this.#bytes.length * 8;
	}

	/** Bits read so far. */
	get position(): number {
		return this.#at;
	}

	/** @param count 0 … 32 */
	bits(count: number): number {
		let value = 0;
		for (let left = count; left > 0; left--) value = value * 2 + this.bit();
		return value;
	}

	bit(): 0 | 1 {
		const byte = this.#bytes[this.#at >> 3] ?? 0;
		const bit = (byte >> (7 - (this.#at & 7))) & 1;
		this.#at += 1;
		return bit === 1 ? 1 : 0;
	}

	/** Like `bits`, without going on. */
	peek(count: number): number {
		const at = this.#at;
		const value = this.bits(count);
		this.#at = at;
		return value;
	}

	flag(): boolean {
		return this.bit() === 1;
	}

	skip(count: number): void {
		this.#at += count;
	}

	/** Reads bits as bytes, padded with zero bits. */
	take(bits: number): Uint8Array {
		const start = this.#at;
		this.#at += bits;
		return this.copy(start, this.#at);
	}

	/** Copies a range of bits out, padded with zero bits to whole bytes. */
	copy(start: number, end: number): Uint8Array {
		const copy = new Uint8Array(Math.ceil((end - start) / 8));
		const shift = start & 7;
		let from = start >> 3;
		for (let at = 0; at < copy.length; at++) {
			const pair = ((this.#bytes[from] ?? 0) << 8) | (this.#bytes[from + 1] ?? 0);
			copy[at] = (pair << shift) >> 8;
			from += 1;
		}
		const spare = copy.length * 8 - (end - start);
		if (spare > 0) copy[copy.length - 1] = (copy[copy.length - 1] as number) & (0xff << spare);
		return copy;
	}

	/** Unsigned Exp-Golomb code, ue(v) (ITU-T H.264 section 9.1). */
	ue(): number {
		let zeros = 0;
		while (this.bit() === 0) {
			zeros += 1;
			if (zeros > MAX_LEADING_ZEROS || this.exhausted) {
				this.#at = this.#bytes.length * 8 + 1;
				return 0;
			}
		}
		return 2 ** zeros - 1 + this.bits(zeros);
	}

	/** Signed Exp-Golomb code, se(v) (ITU-T H.264 section 9.1.1). */
	se(): number {
		const code = this.ue();
		return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
	}
}
