/** Bytes taken from the system at a time: some ten access units, so that taking and giving back costs nothing. */
const PIECE = 128 * 1024;

/**
 * Where access units are put together one after the other: payloads are appended, ranges of them marked as NAL units,
 * and `take` hands them out where they are. Handed out bytes are never written again.
 */
export class AccessUnitBuffer {
	readonly #maxBytes: number;
	readonly #maxNalus: number;
	#bytes: Uint8Array = new Uint8Array(0);
	/** Where in `#bytes` the unit under way begins. */
	#origin = 0;
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
		return this.#bytes.subarray(this.#origin + start, this.#origin + end);
	}

	/** The byte at an index below `length`. */
	byte(at: number): number {
		return this.#bytes[this.#origin + at] as number;
	}

	/** @returns false, and appends nothing, when the unit would become too large */
	append(source: Uint8Array, start: number, end: number): boolean {
		if (!this.#reserve(end - start)) return false;
		const part = start === 0 && end === source.length ? source : source.subarray(start, end);
		this.#bytes.set(part, this.#origin + this.#length);
		this.#length += end - start;
		return true;
	}

	/** Like `append`, one byte. */
	appendByte(byte: number): boolean {
		if (!this.#reserve(1)) return false;
		this.#bytes[this.#origin + this.#length++] = byte;
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

	/** Moves the marked NAL units to `nalus`; the next unit begins behind them. */
	take(nalus: Uint8Array[]): void {
		for (let index = 0; index < this.#starts.length; index++) {
			nalus.push(this.view(this.#starts[index] as number, this.#ends[index] as number));
		}
		this.#origin += this.#length;
		this.clear();
	}

	/** Gives up the unit under way. */
	clear(): void {
		this.#length = 0;
		this.#starts.length = 0;
		this.#ends.length = 0;
	}

	#reserve(size: number): boolean {
		const needed = this.#length + size;
		if (needed > this.#maxBytes) return false;
		if (this.#origin + needed > this.#bytes.length) {
			const room = Math.max(PIECE, Math.min(needed * 2, this.#maxBytes));
			// Not filled with zeros: what is handed out was written before.
			const piece = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer);
			piece.set(this.view(0, this.#length));
			this.#bytes = piece;
			this.#origin = 0;
		}
		return true;
	}
}
