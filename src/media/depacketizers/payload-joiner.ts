import { type RtpPacket, sequenceDistance } from '../rtp/rtp.ts';

/** Takes what the payloads of one frame make together. The bytes are a view: copy what is kept. */
export type OnJoined = (bytes: Uint8Array, timestamp: number, arrival: number) => void;

/**
 * Joins payloads of one timestamp, up to the marker: how codecs are sent whose packets do not say themselves what
 * is whole. Where a camera sets no marker, the next timestamp ends the frame.
 */
export class PayloadJoiner {
	readonly #onJoined: OnJoined;
	readonly #bytes: Uint8Array;
	#length = 0;
	#timestamp = 0;
	#arrival = 0;
	#broken = false;
	#nextSequence = -1;
	#dropped = 0;

	/** @param capacity bytes of one frame; a longer one is dropped */
	constructor(capacity: number, onJoined: OnJoined) {
		this.#bytes = new Uint8Array(capacity);
		this.#onJoined = onJoined;
	}

	get dropped(): number {
		return this.#dropped;
	}

	push({ payload, sequence, timestamp, marker }: RtpPacket, arrival: number): void {
		const gap = this.#nextSequence < 0 ? 0 : sequenceDistance(this.#nextSequence, sequence);
		this.#nextSequence = (sequence + 1) & 0xffff;
		if (gap !== 0 && this.#length > 0) this.#broken = true;
		if (this.#length > 0 && timestamp !== this.#timestamp) this.#finish();
		if (payload.length === 0) return;
		// Nearly always a frame is one packet: no copy.
		if (marker && this.#length === 0) {
			this.#onJoined(payload, timestamp, arrival);
			return;
		}
		if (this.#length === 0) {
			this.#timestamp = timestamp;
			this.#arrival = arrival;
		}
		if (this.#length + payload.length > this.#bytes.length) {
			this.#broken = true;
		} else {
			this.#bytes.set(payload, this.#length);
			this.#length += payload.length;
		}
		if (marker) this.#finish();
	}

	/** Forgets the frame under way. */
	reset(): void {
		this.#length = 0;
		this.#broken = false;
		this.#nextSequence = -1;
	}

	#finish(): void {
		const length = this.#length;
		const broken = this.#broken;
		this.#length = 0;
		this.#broken = false;
		if (broken) this.#dropped += 1;
		else this.#onJoined(this.#bytes.subarray(0, length), this.#timestamp, this.#arrival);
	}
}
