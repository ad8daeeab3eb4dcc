import { DualcastError } from '../base/errors.ts';
import type { ClaimOptions, Lease, StreamDirectory } from './reader.ts';
import { Stream } from './stream.ts';
import type { StreamOptions } from './stream-options.ts';

/** The streams of this gateway by id. */
export class StreamRegistry implements StreamDirectory {
	readonly #streams = new Map<string, Stream>();

	/** @throws Error when the id is taken */
	add(options: StreamOptions): Stream {
		if (this.#streams.has(options.id)) throw new Error(`stream ${options.id} exists already`);
		const stream = new Stream(options);
		this.#streams.set(options.id, stream);
		return stream;
	}

	/** Ends a stream for its readers and waits until the camera was told; an id nobody has is passed over. */
	async remove(id: string): Promise<void> {
		const stream = this.#streams.get(id);
		this.#streams.delete(id);
		await stream?.close();
	}

	has(id: string): boolean {
		return this.#streams.has(id);
	}

	get(id: string): Stream | undefined {
		return this.#streams.get(id);
	}

	list(): Stream[] {
		return [...this.#streams.values()];
	}

	async claim(id: string, signal?: AbortSignal, options?: ClaimOptions): Promise<Lease> {
		const stream = this.#streams.get(id);
		if (!stream) {
			throw new DualcastError(
				'stream_not_found',
				'there is no stream of this name; see /api/v1/streams for those there are',
			);
		}
		return stream.claim(signal, options);
	}

	/** Closes every stream and waits until the cameras were told. */
	async close(): Promise<void> {
		await Promise.all(this.list().map((stream) => stream.close()));
		this.#streams.clear();
	}
}
