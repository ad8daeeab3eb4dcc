import { BitReader } from '../bytes/bit-reader.ts';
import { parseAudioSpecificConfig } from '../codecs/aac.ts';
import { parseStreamMuxConfig, readPayloadLength, type StreamMuxConfig } from '../codecs/latm.ts';
import { AUDIO_LIMITS } from '../limits.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { AacTrack } from '../track.ts';
import type { AudioSink, Depacketizer } from './depacketizer.ts';
import { PayloadJoiner } from './payload-joiner.ts';

/** RTP to AAC frames by way of LATM (RFC 6416 section 5, ISO/IEC 14496-3 section 1.7.3). */
export class LatmDepacketizer implements Depacketizer {
	readonly #clockRate: number;
	readonly #configPresent: boolean;
	readonly #sink: AudioSink;
	readonly #joiner: PayloadJoiner;
	#mux: StreamMuxConfig | undefined;
	#config: Uint8Array;
	#duration: number;
	#dropped = 0;

	constructor(track: AacTrack, sink: AudioSink) {
		const { muxConfig } = track.latm ?? {};
		this.#clockRate = track.clockRate;
		this.#configPresent = track.latm?.configPresent ?? true;
		this.#sink = sink;
		this.#mux = muxConfig && parseStreamMuxConfig(new BitReader(muxConfig));
		this.#config = track.config;
		this.#duration = this.#durationOf(track.config);
		this.#joiner = new PayloadJoiner(AUDIO_LIMITS.elementBytes, (bytes, timestamp, arrival) =>
			this.#take(bytes, timestamp, arrival),
		);
	}

	get dropped(): number {
		return this.#dropped + this.#joiner.dropped;
	}

	push(packet: RtpPacket, arrival: number): void {
		this.#joiner.push(packet, arrival);
	}

	reset(): void {
		this.#joiner.reset();
	}

	/** One AudioMuxElement, or several. */
	#take(bytes: Uint8Array, timestamp: number, arrival: number): void {
		const reader = new BitReader(bytes);
		const end = bytes.length * 8;
		let unitTimestamp = timestamp;
		let units = 0;
		while (reader.position < end && units < AUDIO_LIMITS.units) {
			if (this.#configPresent && !reader.flag()) this.#setMux(parseStreamMuxConfig(reader));
			const mux = this.#mux;
			if (!mux) {
				this.#dropped += 1;
				return;
			}
			for (let frame = 0; frame < mux.subFrames && units < AUDIO_LIMITS.units; frame++) {
				const length = readPayloadLength(reader);
				if (reader.position + length * 8 > end) {
					this.#dropped += 1;
					return;
				}
				units += 1;
				const duration = this.#duration;
				if (length > 0) {
					this.#sink.onAudio({ timestamp: unitTimestamp, duration, data: reader.take(length * 8), arrival });
				}
				unitTimestamp = (unitTimestamp + duration) >>> 0;
			}
			reader.skip(mux.otherDataBits);
			reader.skip(-reader.position & 7);
		}
	}

	#setMux(mux: StreamMuxConfig | undefined): void {
		this.#mux = mux;
		if (!mux || Buffer.compare(mux.config, this.#config) === 0) return;
		this.#config = mux.config;
		this.#duration = this.#durationOf(mux.config);
		this.#sink.onAudioConfig(mux.config);
	}

	#durationOf(config: Uint8Array): number {
		const facts = parseAudioSpecificConfig(config);
		return facts ? Math.round((facts.frameSamples * this.#clockRate) / facts.sampleRate) : 1024;
	}
}
