import { MAX_SEGMENTS, REPAIR } from '../limits.ts';

/**
 * How the frames of a replay are stamped: `step` ticks apart, the last one (`endFrame`) at `endTimestamp`. Later
 * frames keep their own timestamps.
 */
export type Squeeze = { readonly endFrame: number; readonly endTimestamp: number; readonly step: number };

/**
 * A stretch of a viewer's own numbering: its sequence number `sequence` is the ring's packet `index`, and so on
 * one by one, until the next segment begins.
 */
export type Segment = {
	/** Not wrapped: the sequence number in the packet is this modulo 2^16. */
	readonly sequence: number;
	readonly index: number;
	readonly squeeze: Squeeze | undefined;
};

/** The 32-bit RTP timestamp under which a viewer gets a frame. */
export function segmentTimestamp(segment: Segment, frame: number, timestamp: number): number {
	const { squeeze } = segment;
	if (!squeeze || frame > squeeze.endFrame) return timestamp;
	return (squeeze.endTimestamp - (squeeze.endFrame - frame) * squeeze.step) >>> 0;
}

/**
 * What was sent to one viewer under which sequence number, so that a packet sent again is the packet it was: the
 * same sequence number never stands for two contents (RFC 3711 section 9.1).
 */
export class SendHistory {
	readonly #segments: Segment[] = [];

	/** The segment that is being sent. */
	get current(): Segment | undefined {
		return this.#segments.at(-1);
	}

	/** Begins a segment. Its `sequence` is the one after the last sent. */
	begin(segment: Segment): void {
		this.#segments.push(segment);
		if (this.#segments.length > MAX_SEGMENTS) this.#segments.shift();
	}

	/**
	 * Finds what was sent under a sequence number.
	 *
	 * @param wrapped 16 bit
	 * @param next the sequence number after the last one sent, not wrapped
	 * @returns undefined when it was never sent or is too far back
	 */
	find(wrapped: number, next: number): { readonly segment: Segment; readonly sequence: number } | undefined {
		const newest = next - 1;
		const sequence = newest - ((newest - wrapped) & 0xffff);
		if (newest - sequence > REPAIR.reach) return undefined;
		for (let at = this.#segments.length - 1; at >= 0; at--) {
			const segment = this.#segments[at] as Segment;
			if (segment.sequence <= sequence) return { segment, sequence };
		}
		return undefined;
	}
}
