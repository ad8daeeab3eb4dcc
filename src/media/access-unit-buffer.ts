const INITIAL_CAPACITY = 64 * 1024;

/**
 * Where one access unit is put together: payloads are appended, ranges of them marked as NAL units, and `copyTo`
 * hands out an exact copy. The storage is used again for the next unit.
 */
export class AccessUnitBuffer {
	readonly #maxBytes: number;
	readonly #maxNalus: number;
	#bytes = new Uint8Array(INITIAL_CAPACITY);
	#length = 0;
	readonly #starts: number[] = [];
	readonly #ends: number[] = [];

	constructor(limits: { readonly bytes: number; readonly nalus: number }) {
		this.#maxBytes = limits.bytes;
		this.#maxNalus = limits.nalus;
	}

	/** Bytes appended so far. */
	get length(): number {
		return this.#length;
	}

	/** What was appended; valid until the next `append`. */
	view(start: number, end: number): Uint8Array {
		return this.#bytes.subarray(start, end);
	}

	/** The byte at an index below `length`. */
	byte(at: number): number {
		return this.#bytes[at] as number;
	}

	/** @returns false, and appends nothing, when the unit would become too large */
	append(source: Uint8Array, start: number, end: number): boolean {
		if (!this.#reserve(end - start)) return false;
		this.#bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.#length);
		this.#length += end - start;
		return true;
	}

	/** Like `append`, one byte. */
	appendByte(byte: number): boolean {
		if (!this.#reserve(1)) return false;
		this.#bytes[this.#length++] = byte;
		return true;
	}

	/**
	 * The range is a NAL unit.
	 *
	 * @returns false when there are too many
	 */
	mark(start: number, end: number): boolean {
		if (this.#starts.length >= this.#maxNalus) return false;
		this.#starts.push(start);
		this.#ends.push(end);
		return true;
	}

	/** Appends the marked NAL units to `nalus`, as views on one copy of their own. */
	copyTo(nalus: Uint8Array[]): void {
		const copy = this.#bytes.slice(0, this.#length);
		for (let index = 0; index < this.#starts.length; index++) {
			nalus.push(copy.subarray(this.#starts[index], this.#ends[index]));
		}
	}

	clear(): void {
		this.#length = 0;
		this.#starts.length = 0;
		this.#ends.length = 0;
	}

	#reserve(size: number): boolean {
		const needed = this.#length + size;
		if (needed > this.#maxBytes) return false;
		if (needed > this.#bytes.length) {
			const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
			larger.set(this.#bytes.subarray(0, this.#length));
			this.#bytes = larger;
		}
		return true;
	}
}
