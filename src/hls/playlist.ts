import { gzipSync } from 'node:zlib';
import type { PlaylistWindow } from './playlist-window.ts';

/** Floating durations and independent segments. */
const VERSION = 6;

/** The media playlist of a window (RFC 8216 section 4.3). */
export function renderPlaylist(window: PlaylistWindow): string {
	const { listed } = window;
	let text = `#EXTM3U\n#EXT-X-VERSION:${VERSION}\n`;
	if (listed.every((segment) => segment.independent)) text += '#EXT-X-INDEPENDENT-SEGMENTS\n';
	text += `#EXT-X-TARGETDURATION:${window.targetDuration}\n`;
	text += `#EXT-X-MEDIA-SEQUENCE:${listed[0]?.sequence ?? 0}\n`;
	text += `#EXT-X-DISCONTINUITY-SEQUENCE:${window.discontinuitySequence}\n`;
	for (const segment of listed) {
		if (segment.discontinuity) text += '#EXT-X-DISCONTINUITY\n';
		text += `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(segment.wall)).toISOString()}\n`;
		text += `#EXTINF:${segment.duration.toFixed(6)},\n${segment.name}\n`;
	}
	return text;
}

/** The bytes of one state of a playlist, made once and handed to everybody who asks. */
export class PlaylistBody {
	readonly plain: Buffer;
	#compressed: Buffer | undefined;

	constructor(text: string) {
		this.plain = Buffer.from(text);
	}

	get compressed(): Buffer {
		this.#compressed ??= gzipSync(this.plain);
		return this.#compressed;
	}
}
