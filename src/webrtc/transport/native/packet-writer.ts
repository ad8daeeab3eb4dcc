import { MAX_PAYLOAD } from '../limits.ts';
import type { Destination, MediaPacket } from '../secure-transport.ts';

/** Words in front of a payload: SSRC, timestamp, sequence number with the marker as bit 16, payload length. */
const HEADER_WORDS = 4;
const MARKER = 0x10000;
/**
 * Room for a large key frame, and for the first burst of a replay with its headers. What is handed over in parts
 * reaches viewers in parts, nobody having the end of a frame before everybody has its beginning, and is not kept.
 */
const MEMORY = 640 * 1024;

/** Packets side by side in one memory, as the addon reads them (native/core/media_batch.h). */
export class PacketWriter {
	readonly #bytes = new Uint8Array(MEMORY);
	readonly #words = new Uint32Array(this.#bytes.buffer);
	/** Words written. */
	#end = 0;

	/** @returns false when there is no room: `take` first */
	add({ ssrc, timestamp, sequence, marker, payload }: MediaPacket): boolean {
		const { length } = payload;
		const start = this.#end;
		// What is too long is refused, and counted, by the addon.
		const stored = Math.min(length, MAX_PAYLOAD + 1);
		const end = start + HEADER_WORDS + ((stored + 3) >>> 2);
		if (end > this.#words.length) return false;
		this.#words[start] = ssrc;
		this.#words[start + 1] = timestamp;
		this.#words[start + 2] = marker ? sequence | MARKER : sequence;
		this.#words[start + 3] = stored;
		this.#bytes.set(stored < length ? payload.subarray(0, stored) : payload, (start + HEADER_WORDS) * 4);
		this.#end = end;
		return true;
	}

	/** What was written; valid until the next `add`. */
	take(): Uint8Array {
		const end = this.#end;
		this.#end = 0;
		return this.#bytes.subarray(0, end * 4);
	}
}

/**
 * Destinations as the addon reads them: viewer, payload type and sequence offset of each.
 *
 * @param idOf the number of a viewer that is this transport's own
 */
export function destinationWords(
	destinations: readonly Destination[],
	idOf: (destination: Destination) => number | undefined,
): Uint32Array {
	const words = new Uint32Array(destinations.length * 3);
	let end = 0;
	for (const destination of destinations) {
		const id = idOf(destination);
		if (id === undefined) continue;
		words[end++] = id;
		words[end++] = destination.payloadType;
		words[end++] = destination.sequenceOffset;
	}
	return words.subarray(0, end);
}
