/** Bytes that any segment is taken to have: room that is not written takes no memory. */
const LEAST_LENGTH = 128 * 1024;
/** Of a segment's length, that is expected of the next one at least. */
const FORGET = 0.9;
/** Of what was asked for, that a piece has room for: segments of one camera are of about the same size. */
const ROOM = 1.125;
/** Times that room, that a piece which is used again may have. */
const MOST_ROOM = 3;
const PAGE = 4096;
/** Pieces that wait to be taken again. */
const MAX_FREE = 4;

/**
 * The memory that the bytes of a segment lie in. It is written again when nobody reads them any more: the playlist's
 * window, the copy on disk and each answer under way hold a use. It fails safe: what somebody forgets to release is
 * left to the garbage collector.
 */
export class SegmentMemory {
	readonly bytes: Uint8Array;
	readonly #memories: SegmentMemories;
	/** The first is of who took it. */
	#uses = 1;

	constructor(size: number, memories: SegmentMemories) {
		// Not filled with zeros: what is handed out was written before.
		this.bytes = Buffer.allocUnsafeSlow(size);
		this.#memories = memories;
	}

	/** One more reads it; by somebody who holds a use. */
	use(): void {
		this.#uses += 1;
	}

	/** The segment is whole. @returns its bytes, the first `length` */
	seal(length: number): Uint8Array {
		this.#memories.expect(length);
		return this.bytes.subarray(0, length);
	}

	/** Once for each use. */
	release(): void {
		this.#uses -= 1;
		if (this.#uses === 0) this.#memories.giveBack(this);
	}
}

/** The memory of one output's segments that is free to be written. Outputs never share it. */
export class SegmentMemories {
	#free: SegmentMemory[] = [];
	/** Bytes that the next segment is taken to have: as many as large ones lately. */
	#expected = LEAST_LENGTH;

	/** A segment had this many bytes. */
	expect(length: number): void {
		this.#expected = Math.max(LEAST_LENGTH, length, FORGET * this.#expected);
	}

	/** @returns memory for a segment of `least` bytes or more, with one use */
	take(least = 0): SegmentMemory {
		const size = Math.max(least, this.#expected);
		const room = Math.ceil((ROOM * size) / PAGE) * PAGE;
		const fitting = this.#free.filter(({ bytes }) => bytes.length >= size && bytes.length <= MOST_ROOM * room);
		const memory = fitting.shift();
		// A segment may leave a moment after the next one begins.
		this.#free = fitting.slice(0, 1);
		memory?.use();
		return memory ?? new SegmentMemory(room, this);
	}

	giveBack(memory: SegmentMemory): void {
		if (this.#free.length < MAX_FREE) this.#free.push(memory);
	}
}
