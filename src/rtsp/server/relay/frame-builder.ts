import { writeUint16, writeUint32 } from '../../../media/bytes/big-endian.ts';
import { RTP_HEADER } from '../../../media/rtp/rtp-writer.ts';
import { INTERLEAVED_HEADER, writeInterleavedHeader } from '../outlets/interleaved-outlet.ts';

/** Where the numbers of an RTP stream stand (RFC 3550 section 5.1). */
export type RtpNumbers = {
	readonly payloadType: number;
	readonly ssrc: number;
	/** Of the next packet. */
	sequence: number;
};

/** Bytes in front of each payload. */
const OVERHEAD = INTERLEAVED_HEADER + RTP_HEADER;

/**
 * Puts the packets of a frame into one buffer, framed for TCP: it goes to every client over TCP as it is, and the
 * packets in it are views for those over UDP.
 */
export class FrameBuilder {
	#bytes: Uint8Array = new Uint8Array(0);
	#length = 0;
	/** Offset and length of each packet, in turn. */
	readonly #places: number[] = [];
	#numbers: RtpNumbers = { payloadType: 0, ssrc: 0, sequence: 0 };
	#channel = 0;
	#timestamp = 0;

	/**
	 * Begins a frame; its packets follow by `add`.
	 *
	 * @param numbers are counted on
	 * @param size about how many bytes of payload in how many packets
	 */
	begin(numbers: RtpNumbers, channel: number, size: { readonly bytes: number; readonly packets: number }): void {
		this.#bytes = Buffer.allocUnsafe(size.bytes + size.packets * OVERHEAD);
		this.#length = 0;
		this.#places.length = 0;
		this.#numbers = numbers;
		this.#channel = channel;
	}

	/** The RTP timestamp of the packets that follow, 32 bit. */
	at(timestamp: number): void {
		this.#timestamp = timestamp;
	}

	/** Adds a packet with a copy of the payload. */
	readonly add = (payload: Uint8Array, marker: boolean): void => {
		const numbers = this.#numbers;
		const length = RTP_HEADER + payload.length;
		const end = this.#length + OVERHEAD + payload.length;
		if (end > this.#bytes.length) this.#grow(end);
		const bytes = this.#bytes;
		const at = writeInterleavedHeader(bytes, this.#length, this.#channel, length);
		bytes[at] = 0x80;
		bytes[at + 1] = (marker ? 0x80 : 0) | numbers.payloadType;
		writeUint16(bytes, at + 2, numbers.sequence);
		writeUint32(bytes, at + 4, this.#timestamp);
		writeUint32(bytes, at + 8, numbers.ssrc);
		bytes.set(payload, at + RTP_HEADER);
		numbers.sequence = (numbers.sequence + 1) & 0xffff;
		this.#places.push(at, length);
		this.#length = end;
	};

	/** The frame that was begun. */
	finish(): { readonly packets: readonly Uint8Array[]; readonly interleaved: Uint8Array } {
		const bytes = this.#bytes;
		const packets: Uint8Array[] = [];
		for (let index = 0; index < this.#places.length; index += 2) {
			const at = this.#places[index] as number;
			packets.push(bytes.subarray(at, at + (this.#places[index + 1] as number)));
		}
		return { packets, interleaved: bytes.subarray(0, this.#length) };
	}

	#grow(needed: number): void {
		const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
		larger.set(this.#bytes.subarray(0, this.#length));
		this.#bytes = larger;
	}
}
