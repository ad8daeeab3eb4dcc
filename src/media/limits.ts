/** Caps of what a peer may make the byte code hold or do. */

/** Of a session description. What is beyond is ignored. */
export const SDP_LIMITS = {
	characters: 65_536,
	lineCharacters: 8192,
	lines: 2000,
	sections: 32,
	formats: 64,
	/** Of a kind of media, or a codec. */
	nameCharacters: 64,
	/** Ticks per second of a track. With fewer, frames have no length; with more, a few seconds are a turn of the timestamps. */
	minClockRate: 1000,
	maxClockRate: 10_000_000,
} as const;

/** Of one access unit of video; one that goes beyond is dropped. */
export const PICTURE_LIMITS = { bytes: 4 * 1024 * 1024, nalus: 640 } as const;

/** Of parameter sets: different ones kept of one stream, and bytes of one. */
export const PARAMETER_SET_LIMITS = { sets: 16, bytes: 4096 } as const;

/** Of audio packets: access units taken of one, and bytes of one AudioMuxElement (several units of eight channels). */
export const AUDIO_LIMITS = { units: 64, elementBytes: 64 * 1024 } as const;

/** Of RTCP: packets read of one compound packet, and sequence numbers of one NACK; the rest is ignored. */
export const RTCP_LIMITS = { packets: 64, nackSequences: 1024 } as const;
