import type { OnReadOpts } from 'node:net';

/** Holds a key frame of a large camera, so that it is one read. */
const READ_BYTES = 256 * 1024;

/**
 * Where every plain connection is read to. Reading and handing on is one step, so one place serves them all: the
 * engine would otherwise make, count and collect 64 KiB for each read of each camera.
 */
const shared = new Uint8Array(READ_BYTES);

/** The reads of one socket, handed on as views that are overwritten after the call. */
export class SharedReads {
	readonly onread: OnReadOpts;
	#handler: ((chunk: Uint8Array) => void) | undefined;
	/** What came before anybody listened. */
	#early: Uint8Array | undefined;

	constructor() {
		this.onread = {
			buffer: shared,
			callback: (length) => {
				if (this.#handler) this.#handler(shared.subarray(0, length));
				else this.#early = shared.slice(0, length);
				return this.#handler !== undefined;
			},
		};
	}

	/** From now on, reads go there. The socket is to be resumed afterwards. */
	start(handler: (chunk: Uint8Array) => void): void {
		this.#handler = handler;
		const early = this.#early;
		this.#early = undefined;
		if (early) handler(early);
	}
}
