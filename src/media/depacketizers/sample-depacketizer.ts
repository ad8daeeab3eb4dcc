import type { RtpPacket } from '../rtp/rtp.ts';
import type { AudioSink, Depacketizer } from './depacketizer.ts';

/**
 * RTP to runs of samples, for codecs that have no frames (RFC 3551 sections 4.5.2, 4.5.11 and 4.5.14): G.711,
 * G.722 and L16.
 */
export class SampleDepacketizer implements Depacketizer {
	readonly #tickSize: number;
	readonly #sink: AudioSink;
	/** Nothing can go wrong with samples. */
	readonly dropped = 0;

	/** @param tickSize bytes of one tick of the RTP clock, all channels; a part of one at the end is cut off */
	constructor(tickSize: number, sink: AudioSink) {
		this.#tickSize = tickSize;
		this.#sink = sink;
	}

	push({ payload, timestamp }: RtpPacket, arrival: number): void {
		const duration = Math.floor(payload.length / this.#tickSize);
		if (duration === 0) return;
		this.#sink.onAudio({ timestamp, duration, data: payload.slice(0, duration * this.#tickSize), arrival });
	}

	reset(): void {}
}
