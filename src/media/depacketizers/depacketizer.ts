import type { RtpPacket } from '../rtp/rtp.ts';
import type { VideoParameterSets } from '../track.ts';
import type { UnitMemory } from '../unit-memory.ts';

/** A picture as it came out of RTP, before it has a place on the stream's timeline. */
export type RawVideo = {
	/** 32-bit RTP timestamp. */
	readonly timestamp: number;
	readonly key: boolean;
	/**
	 * Of a picture with a recovery point that is no key picture: the parameter sets to put first where decoding starts with
	 * it, if they are not there.
	 */
	readonly recovery?: readonly Uint8Array[] | undefined;
	/** Has B slices; undefined where slices are not read (in H.265, where the SPS tells of reordering). */
	readonly bidirectional: boolean | undefined;
	/** Something is missing between the picture given out before and this one. */
	readonly afterLoss: boolean;
	readonly nalus: readonly Uint8Array[];
	readonly size: number;
	readonly memory: UnitMemory | undefined;
	/** `Clock.now()` of its first packet. */
	readonly arrival: number;
};

/** An audio frame as it came out of RTP. */
export type RawAudio = {
	/** 32-bit RTP timestamp of this frame. */
	readonly timestamp: number;
	/** Ticks. */
	readonly duration: number;
	readonly data: Uint8Array;
	readonly arrival: number;
};

/** Where a depacketizer of audio puts what it made. */
export interface AudioSink {
	onAudio(frame: RawAudio): void;
	/** The stream says of itself what the SDP said otherwise or not at all; called before the first frame that needs it. */
	onAudioConfig(config: Uint8Array): void;
}

/** Where a depacketizer of video puts what it made. */
export interface VideoSink {
	onVideo(frame: RawVideo): void;
	/** The parameter sets in the stream are new or changed; called before the first frame that needs them. */
	onParameterSets(sets: VideoParameterSets): void;
}

/** Where a depacketizer of any track puts what it made. */
export interface DepacketizerSink extends AudioSink, VideoSink {}

/**
 * Turns the packets of one track, in sequence order, into frames. Lost packets show as gaps in the sequence
 * numbers: a frame with a hole is dropped and counted. Bad input is counted, never thrown. Emitted bytes are the
 * depacketizer's own copies; those of a picture are not written again before its memory is released.
 */
export interface Depacketizer {
	push(packet: RtpPacket, arrival: number): void;
	/** Forgets a half-received frame (the source restarted). */
	reset(): void;
	/** Frames dropped because of a hole, a cap or bad bytes. */
	readonly dropped: number;
}
