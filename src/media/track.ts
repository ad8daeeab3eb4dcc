/** What can be read from an H.264 sequence parameter set (ITU-T H.264 7.3.2.1). */
export type VideoFacts = {
	/** Pixels, after cropping. */
	readonly width: number;
	readonly height: number;
	/** Frames per second from the VUI timing, if given. */
	readonly frameRate?: number;
	readonly profileIdc: number;
	/** constraint_set flags and reserved bits, one byte */
	readonly constraints: number;
	readonly levelIdc: number;
	/** RFC 6381, as `avc1.640028`. */
	readonly codecs: string;
	/** Frames a decoder may have to hold back: 0 means no B-frames; undefined means the stream does not say. */
	readonly reorderFrames?: number;
};

export type H264Track = {
	readonly kind: 'video';
	readonly codec: 'h264';
	/** Stable number of the track in its stream (the index of the SDP media section). */
	readonly id: number;
	readonly clockRate: number;
	/** Known from the SDP (sprop-parameter-sets) or from the stream itself. NAL units without start code. */
	readonly parameterSets?: { readonly sps: Uint8Array; readonly pps: Uint8Array };
	readonly facts?: VideoFacts;
};

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
};

export type VideoTrack = H264Track;
export type AudioTrack = OpusTrack | G711Track | AacTrack;
export type Track = VideoTrack | AudioTrack;

/** A media section of the camera that is not taken, and why (shown in the API). */
export type SkippedMedia = { readonly kind: string; readonly codec: string; readonly reason: string };
