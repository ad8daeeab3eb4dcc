import { createHash } from 'node:crypto';
import { createDepacketizer } from '../../../src/media/depacketizers/create-depacketizer.ts';
import type { DepacketizerSink, RawAudio, RawVideo } from '../../../src/media/depacketizers/depacketizer.ts';
import { parseRtp, type RtpPacket } from '../../../src/media/rtp/rtp.ts';
import type { Track, VideoParameterSets } from '../../../src/media/track.ts';
import { unpack } from '../packets.ts';
import { type FuzzTarget, promise } from '../target.ts';

/** Bytes of parameter sets that may stand before a key picture. */
const MAX_PARAMETER_SETS = 16 * 4096;

/** A picture or a run of sound that every depacketizer must let through, whatever came before. */
type Healthy = readonly Partial<RtpPacket>[];

/** A depacketizer over packets in sequence order, of any content. */
export function depacketizerTarget(name: string, track: Track, healthy: Healthy): FuzzTarget {
	return {
		name,
		shape: 'packets',
		run(input) {
			const output = new Output();
			const depacketizer = createDepacketizer(track, output);
			let received = 0;
			let last: RtpPacket | undefined;
			for (const bytes of unpack(input)) {
				const packet = parseRtp(bytes);
				if (!packet) continue;
				received += packet.payload.length;
				depacketizer.push(packet, received);
				last = packet;
			}
			promise(Number.isInteger(depacketizer.dropped) && depacketizer.dropped >= 0, 'drops are counted');
			// A picture is said once more with its parameter sets, an audio frame at most once.
			const allowed = received * 2 + output.keys * MAX_PARAMETER_SETS;
			promise(output.bytes <= allowed, `${output.bytes} bytes came out of ${received}`);
			const before = output.digest();
			input.fill(0xff);
			promise(output.digest() === before, 'what comes out are copies');
			recover(depacketizer, output, last, healthy);
		},
	};
}

/** Pushes healthy packets twice: the first time may still be joined to what was broken. */
function recover(
	depacketizer: ReturnType<typeof createDepacketizer>,
	output: Output,
	last: RtpPacket | undefined,
	healthy: Healthy,
): void {
	// Far enough ahead not to be taken for late packets.
	let sequence = (last?.sequence ?? 0) + 1000;
	let timestamp = last?.timestamp ?? 0;
	const emitted = output.count;
	for (let round = 0; round < 3; round++) {
		timestamp = (timestamp + 9000) >>> 0;
		for (const fields of healthy) {
			sequence = (sequence + 1) & 0xffff;
			const rest = { payloadType: 96, ssrc: 1, marker: false, payload: new Uint8Array(0) };
			depacketizer.push({ ...rest, ...fields, sequence, timestamp }, round);
		}
	}
	promise(output.count > emitted, 'good packets come through after bad ones');
}

/** Checks each frame as it comes and remembers enough to see whether it is written later. */
class Output implements DepacketizerSink {
	readonly #frames: Uint8Array[] = [];
	count = 0;
	bytes = 0;
	keys = 0;

	onVideo({ nalus, size, key, timestamp }: RawVideo): void {
		promise(timestamp === timestamp >>> 0, 'a timestamp has 32 bits');
		promise(nalus.length > 0, 'a picture has NAL units');
		let sum = 0;
		for (const nalu of nalus) {
			promise(nalu.length > 0, 'a NAL unit has bytes');
			sum += nalu.length;
		}
		promise(sum === size, 'the size of a picture is that of its NAL units');
		this.#add(nalus, size);
		this.keys += key ? 1 : 0;
	}

	onAudio({ timestamp, duration, data }: RawAudio): void {
		promise(timestamp === timestamp >>> 0, 'a timestamp has 32 bits');
		promise(duration > 0 && Number.isInteger(duration), 'a frame of sound lasts');
		promise(data.length > 0, 'a frame of sound has bytes');
		this.#add([data], data.length);
	}

	onAudioConfig(config: Uint8Array): void {
		promise(config.length > 0, 'a configuration has bytes');
	}

	onParameterSets({ sps, pps }: VideoParameterSets): void {
		promise(sps.length > 0 && pps.length > 0, 'parameter sets have bytes');
		this.keys += 1;
	}

	digest(): string {
		const hash = createHash('md5');
		for (const frame of this.#frames) hash.update(frame);
		return hash.digest('base64');
	}

	#add(parts: readonly Uint8Array[], size: number): void {
		this.count += 1;
		this.bytes += size;
		if (this.#frames.length < 64) this.#frames.push(...parts.slice(0, 16));
	}
}
