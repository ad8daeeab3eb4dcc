import type { RtpPacket } from '../rtp/rtp.ts';
import type { AudioSink, Depacketizer } from './depacketizer.ts';

/** Ticks of 48 kHz; RFC 6716 section 3.2.5 allows no more than 120 ms. */
const MAX_DURATION = 5760;

/** RTP to Opus packets (RFC 7587): one payload is one packet. */
export class OpusDepacketizer implements Depacketizer {
	readonly #sink: AudioSink;
	#dropped = 0;

	constructor(sink: AudioSink) {
		this.#sink = sink;
	}

	get dropped(): number {
		return this.#dropped;
	}

	push({ payload, timestamp }: RtpPacket, arrival: number): void {
		if (payload.length === 0) return;
		const duration = opusDuration(payload);
		if (duration === undefined) this.#dropped += 1;
		else this.#sink.onAudio({ timestamp, duration, data: Uint8Array.from(payload), arrival });
	}

	reset(): void {}
}

/**
 * Duration of an Opus packet (RFC 6716 section 3.1).
 *
 * @returns ticks of 48 kHz; undefined when the packet breaks the rules
 */
export function opusDuration(packet: Uint8Array): number | undefined {
	const [toc, second] = packet;
	if (toc === undefined) return undefined;
	const code = toc & 3;
	const frames = code === 0 ? 1 : code < 3 ? 2 : (second ?? 0) & 0x3f;
	const duration = frames * frameDuration(toc >> 3);
	return duration > 0 && duration <= MAX_DURATION ? duration : undefined;
}

/** RFC 6716 table 2. */
function frameDuration(configuration: number): number {
	const index = configuration & 3;
	if (configuration >= 16) return 120 << index; // CELT: 2.5, 5, 10, 20 ms
	if (configuration >= 12) return 480 << (index & 1); // hybrid: 10, 20 ms
	return index === 3 ? 2880 : 480 << index; // SILK: 10, 20, 40, 60 ms
}
