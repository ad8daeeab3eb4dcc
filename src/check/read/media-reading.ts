import type { VideoRange } from '../../media/video-range.ts';

/** One picture or sound frame; all times are in seconds. */
export type ReadSample = {
	readonly pts: number;
	readonly dts: number;
	/** 0 where the container does not say. */
	readonly duration: number;
	/** Decoding can start here. */
	readonly key: boolean;
};

export type ReadTrack = {
	readonly id: number;
	readonly kind: 'video' | 'audio' | 'other';
	/** RFC 6381; empty when it cannot be read. */
	readonly codec: string;
	/** Pixels; 0 for sound. */
	readonly width: number;
	readonly height: number;
	/** Of pictures beyond the standard range, as their parameter sets say. */
	readonly range?: VideoRange | undefined;
	/** Decoding times of the first sample, and of what comes after the last where the container says so. */
	readonly start: number;
	readonly end: number | undefined;
	readonly samples: readonly ReadSample[];
};

/** What a segment, a part or an init segment holds, as an independent reader sees it. */
export type MediaReading = {
	readonly container: 'ts' | 'fmp4' | 'packed audio';
	readonly tracks: readonly ReadTrack[];
	/** Where it breaks the rules of its container. */
	readonly faults: readonly string[];
	/** MPEG-TS: continuity counters of the first and last packet by PID. */
	readonly counters?: ReadonlyMap<number, { readonly first: number; readonly last: number }>;
	/** MPEG-TS: seconds after which its timestamps start anew. */
	readonly wrap?: number;
};

/** The track that segments are cut by: the pictures, or sound alone. */
export function leadOf(reading: MediaReading | undefined): ReadTrack | undefined {
	const filled = reading?.tracks.filter(({ samples }) => samples.length > 0);
	return filled?.find(({ kind }) => kind === 'video') ?? filled?.find(({ kind }) => kind === 'audio');
}
