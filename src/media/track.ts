import type { VideoRange } from './video-range.ts';

/** What can be read from a sequence parameter set (ITU-T H.264 7.3.2.1, H.265 7.3.2.2). */
export type VideoFacts = {
	/** Pixels, after cropping. */
	readonly width: number;
	readonly height: number;
	/** Frames per second from the VUI timing, if given. */
	readonly frameRate?: number;
	/** profile_idc of H.264, general_profile_idc of H.265. */
	readonly profileIdc: number;
	/** H.264: constraint_set flags and reserved bits, one byte. */
	readonly constraints?: number;
	/** H.265 */
	readonly tier?: 'main' | 'high';
	/** Ten times the level in H.264, thirty times in H.265. */
	readonly levelIdc: number;
	/** RFC 6381, as `avc1.640028` or `hvc1.1.6.L93.B0`. */
	readonly codecs: string;
	/** Undefined for the standard range. */
	readonly range?: VideoRange;
	/** Frames a decoder may have to hold back: 0 means no B-frames; undefined means the stream does not say. */
	readonly reorderFrames?: number;
};

/** What decoding starts with: NAL units without start code. */
export type VideoParameterSets = {
	/** H.265 only; some cameras send none. */
	readonly vps?: Uint8Array;
	readonly sps: Uint8Array;
	readonly pps: Uint8Array;
	/** Further ones that a session description names: pictures may refer to any of them. */
	readonly others?: readonly Uint8Array[];
};

type VideoTrackOf<Codec extends string> = {
	readonly kind: 'video';
	readonly codec: Codec;
	/** Stable number of the track in its stream (the index of the SDP media section). */
	readonly id: number;
	readonly clockRate: number;
	/** Known from the SDP (sprop-parameter-sets and its like) or from the stream itself. */
	readonly parameterSets?: VideoParameterSets;
	readonly facts?: VideoFacts;
};

export type H264Track = VideoTrackOf<'h264'>;
export type H265Track = VideoTrackOf<'h265'>;

export type OpusTrack = {
	readonly kind: 'audio';
	readonly codec: 'opus';
	readonly id: number;
	/** Always 48000 (RFC 7587). */
	readonly clockRate: number;
	readonly channels: number;
};

export type G711Track = {
	readonly kind: 'audio';
	readonly codec: 'pcma' | 'pcmu';
	readonly id: number;
	readonly clockRate: number;
	readonly channels: number;
};

export type G722Track = {
	readonly kind: 'audio';
	readonly codec: 'g722';
	readonly id: number;
	/** 8000 although 16,000 samples a second are coded (RFC 3551 section 4.5.2). */
	readonly clockRate: number;
	readonly channels: number;
};

/** Linear samples of 16 bits, big endian (RFC 3551 section 4.5.11). */
export type L16Track = {
	readonly kind: 'audio';
	readonly codec: 'l16';
	readonly id: number;
	readonly clockRate: number;
	readonly channels: number;
};

export type AacTrack = {
	readonly kind: 'audio';
	readonly codec: 'aac';
	readonly id: number;
	/** The sampling rate. */
	readonly clockRate: number;
	readonly channels: number;
	/** AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1). */
	readonly config: Uint8Array;
	/** RFC 3640 AU header field lengths in bits. */
	readonly sizeLength: number;
	readonly indexLength: number;
	readonly indexDeltaLength: number;
	/** The camera sends LATM (RFC 6416) in place of what RFC 3640 has. */
	readonly latm?: {
		/** The stream holds its StreamMuxConfig itself (`cpresent`). */
		readonly configPresent: boolean;
		/** StreamMuxConfig of the SDP. */
		readonly muxConfig?: Uint8Array;
	};
};

export type VideoTrack = H264Track | H265Track;
export type AudioTrack = OpusTrack | G711Track | G722Track | L16Track | AacTrack;
export type Track = VideoTrack | AudioTrack;

/** A media section of the camera that is not taken, and why (shown in the API). */
export type SkippedMedia = { readonly kind: string; readonly codec: string; readonly reason: string };
