import { readUint16 } from '../bytes/big-endian.ts';
import { BitReader } from '../bytes/bit-reader.ts';
import {
	AAC_FRAME_SAMPLES,
	type AdtsFrame,
	buildAudioSpecificConfig,
	parseAdtsFrame,
	parseAudioSpecificConfig,
} from '../codecs/aac.ts';
import { AUDIO_LIMITS } from '../limits.ts';
import { type RtpPacket, sequenceDistance } from '../rtp/rtp.ts';
import type { AacTrack } from '../track.ts';
import type { AudioSink, Depacketizer } from './depacketizer.ts';
import { PayloadJoiner } from './payload-joiner.ts';

/** Bytes of one access unit: what 13 bits of size can say, and more than eight channels need (ISO/IEC 14496-3 section 4.5.3). */
const MAX_UNIT = 8191;
/** Bytes of the AU-headers-length field. */
const LENGTH_FIELD = 2;
/** Packets without a possible AU header section, from the first one on, after which there is believed to be none. */
const MAX_IMPOSSIBLE = 3;

/**
 * RTP to AAC frames (RFC 3640 without interleaving): one or several access units a packet, or one over several
 * packets. Access units that cameras send without AU headers, in ADTS or as they are, are taken too; what ADTS
 * says of the sound counts more than the SDP.
 */
export class AacDepacketizer implements Depacketizer {
	readonly #track: AacTrack;
	readonly #sink: AudioSink;
	/** Ticks of one access unit. */
	#duration: number;
	#sampleRate: number;
	#channels: number;
	readonly #sizes: number[] = [];
	readonly #fragment = new Uint8Array(MAX_UNIT);
	#fragmentSize = 0;
	#fragmentLength = 0;
	#fragmentTimestamp = 0;
	#fragmentArrival = 0;
	#nextSequence = -1;
	#dropped = 0;
	#headers: 'unknown' | 'present' | 'absent';
	/** Packets without a possible AU header section before any that has one. */
	#impossible = 0;
	/** The last AU header section holds nothing but whole AU headers. */
	#wholeHeaders = false;
	/** For access units without AU headers. */
	readonly #bare = new PayloadJoiner(MAX_UNIT, (bytes, timestamp, arrival) => this.#emit(bytes, timestamp, arrival));

	constructor(track: AacTrack, sink: AudioSink) {
		this.#track = track;
		this.#sink = sink;
		this.#headers = track.sizeLength === 0 ? 'absent' : 'unknown';
		const config = parseAudioSpecificConfig(track.config);
		this.#sampleRate = config?.sampleRate ?? track.clockRate;
		this.#channels = config?.channels ?? track.channels;
		this.#duration = Math.round(((config?.frameSamples ?? AAC_FRAME_SAMPLES) * track.clockRate) / this.#sampleRate);
	}

	get dropped(): number {
		return this.#dropped + this.#bare.dropped;
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
		this.#judgeHeaders(available);
		const adts = parseAdtsFrame(payload, 0) !== undefined;
		if (this.#headers === 'absent' && !adts) {
			this.#bare.push(packet, arrival);
		} else if (this.#headers !== 'present' || first === undefined) {
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
		this.#bare.reset();
	}

	/**
	 * Whether packets have an AU header section is seen by the first ones: none is there when none is possible.
	 *
	 * @param available bytes behind the section in `#sizes`
	 */
	#judgeHeaders(available: number): void {
		if (this.#headers === 'present' || this.#track.sizeLength === 0) return;
		const sum = this.#sizes.reduce((total, size) => total + size, 0);
		const certain = sum === available && sum > 0;
		const possible = this.#wholeHeaders && !this.#sizes.includes(0) && (sum <= available || this.#sizes.length === 1);
		if (certain || (possible && this.#headers === 'unknown')) this.#headers = 'present';
		else if (++this.#impossible >= MAX_IMPOSSIBLE) this.#headers = 'absent';
	}

	/**
	 * Reads the AU header section (RFC 3640 section 3.2.1) into `#sizes`; leaves it empty when there is none.
	 *
	 * @returns where the access units begin
	 */
	#readSizes(payload: Uint8Array): number {
		this.#sizes.length = 0;
		this.#wholeHeaders = false;
		if (payload.length < LENGTH_FIELD) return 0;
		const bits = readUint16(payload, 0);
		const start = LENGTH_FIELD + Math.ceil(bits / 8);
		const { sizeLength, indexLength, indexDeltaLength } = this.#track;
		if (bits < sizeLength + indexLength || sizeLength === 0 || start >= payload.length) return 0;
		const more = bits - sizeLength - indexLength;
		const units = Math.min(1 + Math.floor(more / (sizeLength + indexDeltaLength)), AUDIO_LIMITS.units);
		this.#wholeHeaders = more % (sizeLength + indexDeltaLength) === 0;
		const reader = new BitReader(payload.subarray(LENGTH_FIELD, start));
		for (let unit = 0; unit < units; unit++) {
			this.#sizes.push(reader.bits(sizeLength));
			reader.skip(unit === 0 ? indexLength : indexDeltaLength);
		}
		return start;
	}

	/** No AU headers: some cameras send ADTS frames as they are. */
	#takeBare(payload: Uint8Array, timestamp: number, arrival: number): void {
		let unitTimestamp = timestamp;
		let at = 0;
		for (let units = 0; units < AUDIO_LIMITS.units; units++) {
			const frame = parseAdtsFrame(payload, at);
			if (!frame) break;
			this.#emit(payload.subarray(at, at + frame.length), unitTimestamp, arrival);
			at += frame.length;
			unitTimestamp = (unitTimestamp + this.#duration) >>> 0;
		}
		if (at === 0) this.#dropped += 1;
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
		const adts = parseAdtsFrame(unit, 0);
		const wrapped = adts?.length === unit.length ? adts : undefined;
		if (wrapped) this.#believe(wrapped);
		const data = unit.slice(wrapped?.header ?? 0);
		this.#sink.onAudio({ timestamp, duration: this.#duration, data, arrival });
	}

	/** Tells when an ADTS header says something else than what is known. */
	#believe({ config }: AdtsFrame): void {
		const { sampleRate, channels } = config;
		if (sampleRate === this.#sampleRate && (channels === this.#channels || channels === 0)) return;
		const changed = buildAudioSpecificConfig(config);
		if (!changed) return;
		this.#sampleRate = sampleRate;
		this.#channels = channels;
		this.#duration = Math.round((AAC_FRAME_SAMPLES * this.#track.clockRate) / sampleRate);
		this.#sink.onAudioConfig(changed);
	}
}
