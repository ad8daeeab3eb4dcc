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

	flag(): boolean {
		return this.bit() === 1;
	}

	skip(count: number): void {
		this.#at += count;
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
