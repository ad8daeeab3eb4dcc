import type { Clock } from '../base/clock.ts';
import { packetizeH264 } from '../media/packetizers/h264-packetizer.ts';
import { buildRtp } from '../media/rtp/rtp-writer.ts';
import type { SenderClock } from '../media/time/sender-clock.ts';
import type { Track } from '../media/track.ts';
import { controlOf, describeTracks, payloadTypeOf } from '../rtsp/server/describe.ts';
import type {
	Presentation,
	PresentationFrame,
	PresentationReader,
	PresentationTrack,
} from '../rtsp/server/presentation.ts';
import type { Clip, ClipPicture, ClipSound } from './clip.ts';
import { type ClipListener, ClipPlayer } from './clip-player.ts';

/** Bytes of RTP payload in one packet: with headers it fits an Ethernet frame. */
const MAX_PAYLOAD = 1400;

/** An RTP stream (RFC 3550 section 5.1): where its numbers stand. */
type RtpStream = {
	readonly payloadType: number;
	readonly clockRate: number;
	readonly ssrc: number;
	/** RTP timestamp of the player's start. */
	readonly base: number;
	/** Of the next packet. */
	sequence: number;
};

/**
 * A clip as a camera: it plays in a loop while at least one client is there, the same packets for all of them, with
 * sequence numbers and timestamps that go on over the loop. Without a client it costs nothing.
 */
export class ClipPresentation implements Presentation, ClipListener {
	readonly sdp: string;
	readonly tracks: readonly PresentationTrack[];
	readonly current = true;
	readonly #clip: Clip;
	readonly #clock: Clock;
	readonly #video: RtpStream;
	readonly #audio: RtpStream;
	readonly #readers = new Set<PresentationReader>();
	#player: ClipPlayer | undefined;
	/** Milliseconds since the Unix epoch. */
	#wallAtStart = 0;

	/**
	 * @param name of the session, in its description
	 * @param random32 random integers of 32 bit
	 */
	constructor(name: string, clip: Clip, clock: Clock, random32: () => number) {
		this.#clip = clip;
		this.#clock = clock;
		const tracks = clip.audio ? [clip.video, clip.audio] : [clip.video];
		const streams = tracks.map((track, index) => createStream(track, index, random32));
		[this.#video, this.#audio] = streams as [RtpStream, RtpStream];
		this.sdp = describeTracks(name, tracks);
		this.tracks = streams.map((stream, index) => ({
			kind: index === 0 ? 'video' : 'audio',
			control: controlOf(index),
			ssrc: stream.ssrc,
			clockRate: stream.clockRate,
		}));
	}

	subscribe(reader: PresentationReader): () => void {
		this.#readers.add(reader);
		if (!this.#player) {
			this.#wallAtStart = this.#clock.wall();
			this.#player = new ClipPlayer(this.#clip, this.#clock, this);
		}
		return () => {
			this.#readers.delete(reader);
			if (this.#readers.size > 0) return;
			this.#player?.stop();
			this.#player = undefined;
		};
	}

	onPicture(picture: ClipPicture, time: number): void {
		const { sps, pps } = this.#clip.video.parameterSets;
		const nalus = picture.key ? [sps, pps, ...picture.nalus] : picture.nalus;
		const packets: Uint8Array[] = [];
		packetizeH264(nalus, MAX_PAYLOAD, (payload, marker) => {
			packets.push(nextPacket(this.#video, time, marker, payload));
		});
		this.#deliver({ track: 0, packets, key: picture.key, clock: this.#clockOf(this.#video, time) });
	}

	onSound(sound: ClipSound, time: number): void {
		// The marker bit starts a talkspurt (RFC 7587 section 4.1); this sound never pauses.
		const packets = [nextPacket(this.#audio, time, false, sound.data)];
		this.#deliver({ track: 1, packets, key: false, clock: this.#clockOf(this.#audio, time) });
	}

	#deliver(frame: PresentationFrame): void {
		for (const reader of this.#readers) reader.onFrame(frame);
	}

	/** Audio and video count from one reading of the wall clock, so what they tell of each other is exact. */
	#clockOf(stream: RtpStream, time: number): SenderClock {
		const ntp = this.#wallAtStart + (time / stream.clockRate) * 1000;
		return { ntp, rtpTimestamp: (stream.base + time) >>> 0 };
	}
}

function createStream(track: Track, index: number, random32: () => number): RtpStream {
	return {
		payloadType: payloadTypeOf(track, index),
		clockRate: track.clockRate,
		ssrc: random32() >>> 0,
		base: random32() >>> 0,
		sequence: random32() & 0xffff,
	};
}

function nextPacket(stream: RtpStream, time: number, marker: boolean, payload: Uint8Array): Uint8Array {
	const { payloadType, ssrc, sequence } = stream;
	stream.sequence = (sequence + 1) & 0xffff;
	return buildRtp({ payloadType, marker, sequence, timestamp: (stream.base + time) >>> 0, ssrc, payload });
}
