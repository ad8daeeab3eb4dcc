import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { OpenSegment, Place, Segment } from '../segments/segment.ts';
import type { PlaylistWindow } from './playlist-window.ts';

/** Floating durations, independent segments, and init segments outside of I-frame playlists. */
const VERSION = 6;

/** The media playlist of a window (RFC 8216 section 4.3). */
export function renderPlaylist(window: PlaylistWindow): string {
	const { listed } = window;
	let text = `#EXTM3U\n#EXT-X-VERSION:${VERSION}\n`;
	if (listed.every((segment) => segment.independent)) text += '#EXT-X-INDEPENDENT-SEGMENTS\n';
	text += `#EXT-X-TARGETDURATION:${window.targetDuration}\n`;
	text += `#EXT-X-MEDIA-SEQUENCE:${listed[0]?.sequence ?? 0}\n`;
	text += `#EXT-X-DISCONTINUITY-SEQUENCE:${window.discontinuitySequence}\n`;
	for (const [index, segment] of listed.entries()) text += segmentLines(segment, listed[index - 1], '');
	return text;
}

/**
 * The lines of one segment.
 *
 * @param before the one listed before it
 * @param parts lines of its parts
 */
export function segmentLines(segment: Segment, before: Segment | undefined, parts: string): string {
	return `${headLines(segment, before)}${parts}#EXTINF:${segment.duration.toFixed(6)},\n${segment.name}\n`;
}

/** What stands before a segment and its parts: whether it goes on, what it needs, when it was. */
export function headLines(segment: Place & OpenSegment, before: Place | undefined): string {
	let text = segment.discontinuity ? '#EXT-X-DISCONTINUITY\n' : '';
	if (segment.initName && (segment.discontinuity || segment.initName !== before?.initName)) {
		text += `#EXT-X-MAP:URI="${segment.initName}"\n`;
	}
	return `${text}#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(segment.wall)).toISOString()}\n`;
}

/** How bytes may be packed on their way. */
export type Coding = 'identity' | 'gzip' | 'br';

/** As small as gzip's best, in less time. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const TAG_LENGTH = 16;

/** The bytes of one state of a playlist, each form made once and handed to everybody who asks. */
export class PlaylistBody {
	readonly plain: Buffer;
	readonly #packed: { gzip?: Buffer; br?: Buffer } = {};
	#digest: string | undefined;

	constructor(text: string) {
		this.plain = Buffer.from(text);
	}

	as(coding: Coding): Buffer {
		if (coding === 'identity') return this.plain;
		this.#packed[coding] ??= coding === 'gzip' ? gzipSync(this.plain) : brotliCompressSync(this.plain, BROTLI);
		return this.#packed[coding];
	}

	/** Entity tag (RFC 9110 section 8.8.3). */
	tag(coding: Coding): string {
		this.#digest ??= createHash('sha256').update(this.plain).digest('base64url').slice(0, TAG_LENGTH);
		return coding === 'identity' ? `"${this.#digest}"` : `"${this.#digest}-${coding}"`;
	}
}
