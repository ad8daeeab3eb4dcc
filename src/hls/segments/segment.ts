import type { SegmentMemory } from './segment-memory.ts';

/** What players fetch. */
export type MediaFile = {
	readonly bytes: Uint8Array;
	/** Where they lie: whoever reads later than at once holds a use of it. Undefined when it is never written again. */
	readonly memory?: SegmentMemory | undefined;
};

/** What a decoder needs before a segment of fragmented MP4 (RFC 8216 section 3.3). Equal ones are the same object. */
export type InitSegment = MediaFile;

/** A piece of a segment, given out before the segment is whole. */
export type Part = {
	/** The same bytes, but they may move until the segment is whole. */
	bytes: Uint8Array;
	memory?: SegmentMemory | undefined;
	/** Seconds. */
	readonly duration: number;
	/** There is a picture in it that decoding can start at. */
	readonly independent: boolean;
};

/** What is known of a segment when it begins. */
export type OpenSegment = {
	/** Wall clock of its first unit, milliseconds since the Unix epoch. */
	readonly wall: number;
	/** It does not continue the segment before it (RFC 8216 section 4.3.2.3). */
	readonly discontinuity: boolean;
	/** It starts with a picture that decoding can start at. */
	readonly independent: boolean;
	readonly init?: InitSegment | undefined;
};

/** A finished piece of media, before it has a place in a playlist. */
export type CutSegment = OpenSegment &
	MediaFile & {
		/** Seconds. */
		readonly duration: number;
		/** Pictures; sounds where there are no pictures. */
		readonly frames: number;
	};

/** Where a segment stands, from when it begins. */
export type Place = {
	/** Media sequence number. */
	readonly sequence: number;
	readonly name: string;
	/** Of its init segment. */
	readonly initName: string | undefined;
	/** As listed: it never runs back. */
	readonly wall: number;
};

/** A segment with its place and name; never changed once listed. */
export type Segment = CutSegment & Place & { /** In low-latency playlists. */ readonly parts?: readonly Part[] };
