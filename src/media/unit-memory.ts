/**
 * The memory that a picture's bytes lie in, with those of its neighbours. It is written again when the stream is
 * done with all of them, so that a camera's pictures cost no garbage.
 */
export interface UnitMemory {
	/** Somebody reads for as long as it likes: the memory is never written again and left to the garbage collector. */
	keep(): void;
	/** The stream is done with one picture: once a picture. Its bytes are there until the next packet comes. */
	release(): void;
}

/** Bytes of a piece at least: some fifteen pictures of 2 Mbit/s. */
const PIECE = 128 * 1024;
/** Groups of pictures that a piece may wait for. */
const MAX_IDLE = 3;

/** A piece of memory that pictures are put into one after the other. */
export class Piece implements UnitMemory {
	readonly bytes: Uint8Array;
	readonly #pieces: Pieces;
	/** What still reads it: its pictures, and who fills it. */
	#uses = 1;
	#kept = false;
	/** Groups of pictures that did not need it while it was free. */
	idle = 0;

	constructor(size: number, pieces: Pieces) {
		// Not filled with zeros: what is handed out was written before.
		this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
		this.#pieces = pieces;
	}

	use(): void {
		this.#uses += 1;
	}

	keep(): void {
		this.#kept = true;
	}

	release(): void {
		this.#uses -= 1;
		if (this.#uses === 0 && !this.#kept) this.#pieces.giveBack(this);
	}
}

/**
 * The pieces of one track that are free to be filled. They are never shared with another camera: what is read too
 * late is at worst a later picture of the same one.
 */
export class Pieces {
	#free: Piece[] = [];
	#taken = false;

	/** @returns a piece of at least `size` bytes, with one use */
	take(size: number): Piece {
		this.#taken = true;
		let best = -1;
		// The latest first: what is too much then lies idle for long.
		for (let index = this.#free.length - 1; index >= 0; index--) {
			const { length } = (this.#free[index] as Piece).bytes;
			if (length >= size && (best < 0 || length < (this.#free[best] as Piece).bytes.length)) best = index;
		}
		const [piece] = best < 0 ? [] : this.#free.splice(best, 1);
		if (!piece) return new Piece(Math.max(PIECE, 2 ** Math.ceil(Math.log2(size))), this);
		piece.idle = 0;
		piece.use();
		return piece;
	}

	/**
	 * Groups of pictures come back whole. What is left over then was not needed for the length of a group, and is let go
	 * after some such groups; at once, pieces would be made and collected all the time for groups of changing lengths.
	 */
	giveBack(piece: Piece): void {
		if (this.#taken) this.#free = this.#free.filter((left) => ++left.idle <= MAX_IDLE);
		this.#taken = false;
		this.#free.push(piece);
	}
}
