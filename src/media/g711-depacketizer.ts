import type { AudioSink, Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './rtp.ts';
import type { G711Track } from './track.ts';

/** RTP to runs of G.711 samples (RFC 3551 section 4.5.14): one byte a sample and channel. */
export class G711Depacketizer implements Depacketizer {
	readonly #channels: number;
	readonly #sink: AudioSink;
	/** Nothing can go wrong with samples. */
	readonly dropped = 0;

	constructor(track: Pick<G711Track, 'channels'>, sink: AudioSink) {
		this.#channels = track.channels;
		this.#sink = sink;
	}

	push({ payload, timestamp }: RtpPacket, arrival: number): void {
		const duration = Math.floor(payload.length / this.#channels);
		if (duration > 0) this.#sink.onAudio({ timestamp, duration, data: payload.slice(), arrival });
	}

	reset(): void {}
}
