import type { MediaPlaylist, PlaylistSegment } from './read/media-playlist.ts';
import type { MediaReading } from './read/media-reading.ts';
import type { MultivariantPlaylist, VariantStream } from './read/multivariant-playlist.ts';

/** One request and its answer. Times are `Clock.now()`, milliseconds. */
export type Exchange = {
	/** What was asked for, as it may be shown: without its query. */
	readonly label: string;
	readonly method: string;
	/** 0 when there was no answer. */
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	readonly sent: number;
	/** The first byte of the body was there. */
	readonly firstByte: number;
	/** The last one. */
	readonly answered: number;
	/** Wall clock of the end. */
	readonly wall: number;
	/** Bytes of the body, decoded. */
	readonly length: number;
	readonly redirected: boolean;
	/** Why there was no answer, or no whole one. */
	readonly failure?: string;
};

/** What a request for a media playlist asked for beyond it (draft-pantos-hls-rfc8216bis section 6.2.5). */
export type Asked = { readonly msn?: number; readonly part?: number; readonly skip?: boolean };

/** A media playlist as it was at one time. */
export type Reload = {
	readonly exchange: Exchange;
	readonly asked: Asked;
	readonly text: string;
	/** Undefined when the answer was none. */
	readonly playlist?: MediaPlaylist;
	/** What another parser reads differently. */
	readonly disagreements: readonly string[];
};

/** A delta update, what a client makes of it, and the full playlist of the same moment (section 6.3.7). */
export type DeltaTrial = {
	readonly delta: MediaPlaylist;
	readonly merged: readonly PlaylistSegment[];
	readonly full: MediaPlaylist;
};

export type MediaFile = {
	readonly exchange: Exchange;
	readonly digest: string;
	/** Undefined for what is encrypted, and for what is no media that is known. */
	readonly reading?: MediaReading;
	/** Why it could not be read. */
	readonly fault?: string;
};

/** A file fetched once more after it left the playlist. */
export type LateFetch = {
	readonly kind: 'segment' | 'part';
	readonly exchange: Exchange;
	readonly digest: string;
	/** Of the first fetch. */
	readonly digestBefore: string;
	/** Milliseconds from when the playlist without it was there until it was asked for. */
	readonly after: number;
};

/** A part asked for by its hint, before it was listed. */
export type HintFetch = {
	readonly exchange: Exchange;
	readonly uri: string;
};

/** One media playlist that was followed. */
export type Rendition = {
	/** As it may be shown. */
	readonly name: string;
	/** What the multivariant playlist said of it. */
	readonly variant?: VariantStream;
	/** It is an EXT-X-MEDIA rendition. */
	readonly media?: boolean;
	readonly reloads: Reload[];
	/** Segments, parts and init segments by address and byte range. */
	readonly files: Map<string, MediaFile>;
	/** Digest of the bytes of a segment's parts joined, by the segment's address. */
	readonly joinedParts: Map<string, string>;
	readonly hints: HintFetch[];
	readonly late: LateFetch[];
	readonly deltas: DeltaTrial[];
	/** Single requests that try one thing. */
	readonly trials: Map<TrialName, Exchange>;
};

export type TrialName =
	| 'playlist HEAD'
	| 'playlist preflight'
	| 'playlist without gzip'
	| 'segment HEAD'
	| 'segment preflight'
	| 'segment range'
	| 'segment range beyond'
	| 'unknown file'
	| 'part without msn'
	| 'msn too far ahead'
	| 'part too far ahead'
	| 'msn no number'
	| 'msn negative'
	| 'msn huge'
	| 'old msn'
	| 'unknown part';

/** All that was seen; the rules judge it. */
export type Recording = {
	/** As it may be shown. */
	readonly label: string;
	readonly multivariant?: { readonly exchange: Exchange; readonly playlist: MultivariantPlaylist };
	/** Answers before there was a playlist. */
	readonly early: readonly Exchange[];
	readonly renditions: readonly Rendition[];
	/** What TLS negotiated with a client that offers HTTP/2; undefined without TLS. */
	readonly protocol?: string;
};
