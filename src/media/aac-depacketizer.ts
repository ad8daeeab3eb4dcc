import { AAC_FRAME_SAMPLES, adtsHeaderLength, parseAudioSpecificConfig } from './aac.ts';
import { readUint16 } from './big-endian.ts';
import { BitReader } from './bit-reader.ts';
import type { AudioSink, Depacketizer } from './depacketizer.ts';
import { type RtpPacket, sequenceDistance } from './rtp.ts';
import type { AacTrack } from './track.ts';

/** Access units taken of one packet. */
const MAX_UNITS = 64;
/** Bytes of one access unit: 768 a channel (ISO/IEC 14496-3 section 4.5.3), eight channels. */
const MAX_UNIT = 6144;
/** Bytes of the AU-headers-length field. */
const LENGTH_FIELD = 2;

/**
 * RTP to AAC frames (RFC 3640, modes AAC-lbr and AAC-hbr without interleaving): one or several access units a
 * packet, or one over several packets. ADTS headers that cameras leave inside are taken off.
 */
export class AacDepacketizer implements Depacketizer {
	readonly #track: AacTrack;
	readonly #sink: AudioSink;
	/** Ticks of one access unit. */
	readonly #duration: number;
	readonly #sizes: number[] = [];
	readonly #fragment = new Uint8Array(MAX_UNIT);
	#fragmentSize = 0;
	#fragmentLength = 0;
	#fragmentTimestamp = 0;
	#fragmentArrival = 0;
	#nextSequence = -1;
	#dropped = 0;

	constructor(track: AacTrack, sink: AudioSink) {
		this.#track = track;
		this.#sink = sink;
		const sampleRate = parseAudioSpecificConfig(track.config)?.sampleRate ?? track.clockRate;
		this.#duration = Math.round((AAC_FRAME_SAMPLES * track.clockRate) / sampleRate);
	}

	get dropped(): number {
		return this.#dropped;
	}

	push(packet: RtpPacket, arrival: number): void {
		const gap = this.#nextSequence < 0 ? 0 : sequenceDistance(this.#nextSequence, packet.sequence);
		this.#nextSequence = (packet.sequence + 1) & 0xffff;
		if (gap !== 0 || packet.timestamp !== this.#fragmentTimestamp) this.#abandonFragment();
		const { payload, timestamp } = packet;
		if (payload.length === 0) return;
		const start = this.#readSizes(payload);
		const first = this.#sizes[0];
		const available = payload.length - start;
		if (first === undefined) {
			this.#takeBare(payload, timestamp, arrival);
		} else if (this.#fragmentSize > 0 || (this.#sizes.length === 1 && first > available)) {
			this.#takeFragment(payload.subarray(start), first, packet, arrival);
		} else {
			this.#takeUnits(payload, start, timestamp, arrival);
		}
	}

	reset(): void {
		this.#fragmentSize = 0;
		this.#nextSequence = -1;
	}

	/**
	 * Reads the AU header section (RFC 3640 section 3.2.1) into `#sizes`; leaves it empty when there is none.
	 *
	 * @returns where the access units begin
	 */
	#readSizes(payload: Uint8Array): number {
		this.#sizes.length = 0;
		if (payload.length < LENGTH_FIELD) return 0;
		const bits = readUint16(payload, 0);
		const start = LENGTH_FIELD + Math.ceil(bits / 8);
		const { sizeLength, indexLength, indexDeltaLength } = this.#track;
		if (bits < sizeLength + indexLength || sizeLength === 0 || start >= payload.length) return 0;
		const reader = new BitReader(payload.subarray(LENGTH_FIELD, start));
		let left = bits;
		while (this.#sizes.length < MAX_UNITS) {
			const index = this.#sizes.length === 0 ? indexLength : indexDeltaLength;
			left -= sizeLength + index;
			if (left < 0) break;
			this.#sizes.push(reader.bits(sizeLength));
			reader.skip(index);
		}
		return start;
	}

	/** No AU headers: some cameras send an ADTS frame as it is. */
	#takeBare(payload: Uint8Array, timestamp: number, arrival: number): void {
		if (adtsHeaderLength(payload) > 0) this.#emit(payload, timestamp, arrival);
		else this.#dropped += 1;
	}

	#takeUnits(payload: Uint8Array, start: number, timestamp: number, arrival: number): void {
		let at = start;
		let unitTimestamp = timestamp;
		for (const size of this.#sizes) {
			if (size === 0 || size > MAX_UNIT || at + size > payload.length) {
				this.#dropped += 1;
				return;
			}
			this.#emit(payload.subarray(at, at + size), unitTimestamp, arrival);
			at += size;
			unitTimestamp = (unitTimestamp + this.#duration) >>> 0;
		}
	}

	/** RFC 3640 section 3.2.3: each fragment says the size of the whole. */
	#takeFragment(part: Uint8Array, size: number, packet: RtpPacket, arrival: number): void {
		if (this.#fragmentSize === 0) {
			this.#fragmentSize = size;
			this.#fragmentLength = 0;
			this.#fragmentTimestamp = packet.timestamp;
			this.#fragmentArrival = arrival;
		}
		const length = this.#fragmentLength + part.length;
		if (size !== this.#fragmentSize || length > size || size > MAX_UNIT) {
			this.#abandonFragment();
			return;
		}
		this.#fragment.set(part, this.#fragmentLength);
		this.#fragmentLength = length;
		if (length < size) return;
		this.#fragmentSize = 0;
		this.#emit(this.#fragment.subarray(0, length), this.#fragmentTimestamp, this.#fragmentArrival);
	}

	#abandonFragment(): void {
		if (this.#fragmentSize === 0) return;
		this.#fragmentSize = 0;
		this.#dropped += 1;
	}

	#emit(unit: Uint8Array, timestamp: number, arrival: number): void {
		const data = unit.slice(adtsHeaderLength(unit));
		this.#sink.onAudio({ timestamp, duration: this.#duration, data, arrival });
	}
}
