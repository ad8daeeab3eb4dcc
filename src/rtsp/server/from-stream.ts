import type { Lease, StreamDirectory, StreamFace } from '../../stream/reader.ts';
import type { Presentation, PresentationDirectory } from './presentation.ts';
import { StreamRelay } from './relay/relay.ts';

export type StreamPresentationsOptions = {
	readonly directory: StreamDirectory;
	/** Bytes of an RTP packet at most. */
	readonly maxPacket: number;
	/** Random integers of 32 bit. */
	readonly random32: () => number;
};

/** Bytes of an RTP header. */
const RTP_HEADER = 12;

/**
 * Every stream of the gateway as a presentation, by its id. Each client holds a lease, so that the camera runs while
 * somebody reads; all clients of a stream share one relay.
 */
export class StreamPresentations implements PresentationDirectory {
	readonly #options: StreamPresentationsOptions;
	readonly #relays = new WeakMap<StreamFace, StreamRelay>();

	constructor(options: StreamPresentationsOptions) {
		this.#options = options;
	}

	/** @throws whatever claiming the stream throws; the signal's reason */
	async open(path: string, signal: AbortSignal): Promise<Presentation | undefined> {
		const { directory } = this.#options;
		if (!directory.has(path)) return undefined;
		const lease = await directory.claim(path, signal);
		release(lease, signal);
		signal.throwIfAborted();
		return this.#relayOf(lease.stream);
	}

	#relayOf(stream: StreamFace): StreamRelay {
		const known = this.#relays.get(stream);
		if (known?.current) return known;
		const { maxPacket, random32 } = this.#options;
		const relay = new StreamRelay({ stream, maxPayload: maxPacket - RTP_HEADER, random32 });
		this.#relays.set(stream, relay);
		return relay;
	}
}

/** With the signal, or at once when it was aborted before. */
function release(lease: Lease, signal: AbortSignal): void {
	if (signal.aborted) lease.release();
	else signal.addEventListener('abort', () => lease.release(), { once: true });
}
