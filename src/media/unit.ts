import type { AudioTrack, VideoTrack } from './track.ts';
import type { UnitMemory } from './unit-memory.ts';

/**
 * One picture. `nalus` are whole NAL units without start code, in decoding order, without access unit delimiters
 * and filler; a key unit always starts with its SPS and PPS. The bytes are valid until the stream's cache lets go of the
 * unit; for a reader that does not read at once (`StreamReader.readsAtOnce`), for as long as it likes.
 */
export type VideoUnit = {
	readonly kind: 'video';
	readonly track: VideoTrack;
	/** Presentation and decoding time on the stream's timeline, in ticks of `track.clockRate`; never run backwards (dts). */
	readonly pts: number;
	readonly dts: number;
	/** Decoding can start here: an IDR picture, in H.265 also a CRA or BLA picture; or see `refresh`. */
	readonly key: boolean;
	/**
	 * True of a key unit that has only a recovery point, in a stream without key pictures: the picture is whole some
	 * pictures later, and players that want a key picture do not start with it.
	 */
	readonly refresh?: true;
	readonly nalus: readonly Uint8Array[];
	/** Sum of the NAL unit lengths. */
	readonly size: number;
	/** Where the NAL units lie; undefined when their bytes are never written again. Parameter sets lie elsewhere. */
	readonly memory?: UnitMemory | undefined;
	/** `Clock.now()` when its first packet arrived. */
	readonly arrival: number;
	/** Wall clock of the picture, milliseconds since the Unix epoch. */
	readonly wall: number;
	/** Counts up when the timeline or the track set broke (camera reconnect, lasting clock jump over lost packets). */
	readonly epoch: number;
};

/** One frame of an audio codec (an Opus packet, an AAC access unit, a run of G.711 samples). */
export type AudioUnit = {
	readonly kind: 'audio';
	readonly track: AudioTrack;
	readonly pts: number;
	/** Ticks of `track.clockRate`. */
	readonly duration: number;
	readonly data: Uint8Array;
	readonly arrival: number;
	readonly wall: number;
	readonly epoch: number;
};

export type AccessUnit = VideoUnit | AudioUnit;
