import { type Piece, Pieces, type UnitMemory } from '../unit-memory.ts';

/** Bytes of a piece that is not kept for later when a single unit did not fit in: the next unit of that size is far. */
const RARE = 512 * 1024;

/**
 * Where access units are put together one after the other: payloads are appended, ranges of them marked as NAL units,
 * and `take` hands them out where they are. Handed out bytes are not written again before they are released.
 */
export class AccessUnitBuffer {
	readonly #maxBytes: number;
	readonly #maxNalus: number;
	readonly #pieces = new Pieces();
	#piece: Piece | undefined;
	/** Those of the piece. */
	#bytes: Uint8Array = new Uint8Array(0);
	/** Where in `#bytes` the unit under way begins. */
	#origin = 0;
	#length = 0;
	/** Where the marked NAL units begin and end, `#marked` of them. Written again for each unit: arrays that shrink are costly. */
	readonly #starts: number[] = [];
	readonly #ends: number[] = [];
	#marked = 0;

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
		if (this.#marked >= this.#maxNalus) return false;
		this.#starts[this.#marked] = start;
		this.#ends[this.#marked++] = end;
		return true;
	}

	/**
	 * Hands out the marked NAL units; the next unit begins behind them.
	 *
	 * @param before NAL units that lie elsewhere and come first
	 * @returns with them the memory that they lie in, to be released once; undefined when nothing was appended
	 */
	take(before: readonly Uint8Array[]): { nalus: Uint8Array[]; memory: UnitMemory | undefined } {
		// Of its final size: thousands of these are cached, and one that grows keeps room for many more.
		const nalus = new Array<Uint8Array>(before.length + this.#marked);
		for (let index = 0; index < before.length; index++) nalus[index] = before[index] as Uint8Array;
		for (let index = 0; index < this.#marked; index++) {
			nalus[before.length + index] = this.view(this.#starts[index] as number, this.#ends[index] as number);
		}
		this.#origin += this.#length;
		this.clear();
		this.#piece?.use();
		return { nalus, memory: this.#piece };
	}

	/** Gives up the unit under way. */
	clear(): void {
		this.#length = 0;
		this.#marked = 0;
	}

	#reserve(size: number): boolean {
		const needed = this.#length + size;
		if (needed > this.#maxBytes) return false;
		if (this.#origin + needed > this.#bytes.length) {
			const piece = this.#pieces.take(needed);
			piece.bytes.set(this.view(0, this.#length));
			if (this.#origin === 0 && this.#bytes.length > RARE) this.#piece?.keep();
			this.#piece?.release();
			this.#piece = piece;
			this.#bytes = piece.bytes;
			this.#origin = 0;
		}
		return true;
	}
}
