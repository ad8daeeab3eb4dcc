import { writeUint32 } from '../../media/bytes/big-endian.ts';

const NALU_LENGTH = 4;
const FIRST_ROOM = 16 * 1024;

/**
 * The bytes of samples that wait to be written, one sample after the other, in memory that is used again and again. The
 * segmenter's MAX_SEGMENT_BYTES limits them.
 */
export class SampleData {
	#bytes: Uint8Array = new Uint8Array(0);
	#length = 0;

	get length(): number {
		return this.#length;
	}

	/**
	 * Takes one sample: NAL units get their length in four bytes before them.
	 *
	 * @returns bytes it takes
	 */
	addPicture(nalus: readonly Uint8Array[]): number {
		let size = NALU_LENGTH * nalus.length;
		for (const { length } of nalus) size += length;
		this.#reserve(size);
		for (const nalu of nalus) {
			writeUint32(this.#bytes, this.#length, nalu.length);
			this.#length += NALU_LENGTH;
			this.#append(nalu);
		}
		return size;
	}

	/** Takes one sample as it is. @returns bytes it takes */
	addFrame(data: Uint8Array): number {
		this.#reserve(data.length);
		this.#append(data);
		return data.length;
	}

	/** The first `size` bytes; valid until the next call. */
	first(size: number): Uint8Array {
		return this.#bytes.subarray(0, size);
	}

	/** Lets go of the first `size` bytes. */
	drop(size: number): void {
		this.#bytes.copyWithin(0, size, this.#length);
		this.#length -= size;
	}

	#append(bytes: Uint8Array): void {
		this.#bytes.set(bytes, this.#length);
		this.#length += bytes.length;
	}

	#reserve(size: number): void {
		const needed = this.#length + size;
		if (needed <= this.#bytes.length) return;
		const grown = new Uint8Array(Math.max(FIRST_ROOM, 2 ** Math.ceil(Math.log2(needed))));
		grown.set(this.first(this.#length));
		this.#bytes = grown;
	}
}
