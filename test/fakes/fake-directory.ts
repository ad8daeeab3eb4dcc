import { DualcastError } from '../../src/base/errors.ts';
import type { Track } from '../../src/media/track.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { GopCache } from '../../src/stream/gop-cache.ts';
import type { Lease, StreamDirectory, StreamFace, StreamReader } from '../../src/stream/reader.ts';

/** A stream whose units the test delivers; keeps its last group of pictures for replay. */
export class FakeStream implements StreamFace {
	readonly id: string;
	readonly ready = true;
	lastError: StreamFace['lastError'];
	readonly readers = new Set<StreamReader>();
	readonly #cache = new GopCache();
	tracks: readonly Track[];
	leases = 0;
	claims = 0;
	/** What `claim` throws. */
	failure: Error | undefined;
	/** `claim` waits for it. */
	gate: Promise<void> = Promise.resolve();

	constructor(id: string, tracks: readonly Track[]) {
		this.id = id;
		this.tracks = tracks;
	}

	attach(reader: StreamReader, options: { replay: boolean }): () => void {
		this.readers.add(reader);
		reader.onTracks(this.tracks);
		if (options.replay) for (const unit of this.#cache.units) reader.onUnit(unit);
		return () => this.readers.delete(reader);
	}

	deliver(unit: AccessUnit): void {
		this.#cache.push(unit);
		for (const reader of this.readers) reader.onUnit(unit);
	}

	setTracks(tracks: readonly Track[]): void {
		this.tracks = tracks;
		for (const reader of this.readers) reader.onTracks(tracks);
	}

	/** The camera is gone for a moment. */
	away(): void {
		this.#cache.clear();
		for (const reader of this.readers) reader.onAway?.();
	}

	end(): void {
		for (const reader of [...this.readers]) reader.onEnd();
		this.readers.clear();
	}
}

export class FakeDirectory implements StreamDirectory {
	readonly #streams = new Map<string, FakeStream>();

	add(id: string, tracks: readonly Track[]): FakeStream {
		const stream = new FakeStream(id, tracks);
		this.#streams.set(id, stream);
		return stream;
	}

	remove(id: string): void {
		this.#streams.delete(id);
	}

	has(id: string): boolean {
		return this.#streams.has(id);
	}

	async claim(id: string, signal?: AbortSignal): Promise<Lease> {
		const stream = this.#streams.get(id);
		if (!stream) throw new DualcastError('stream_not_found', 'no such stream');
		stream.claims++;
		stream.leases++;
		let held = true;
		const release = () => {
			if (held) stream.leases--;
			held = false;
		};
		try {
			await stream.gate;
			signal?.throwIfAborted();
			if (stream.failure) throw stream.failure;
		} catch (error) {
			release();
			throw error;
		}
		return { stream, release };
	}
}
