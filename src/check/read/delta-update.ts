import type { MediaPlaylist, PlaylistSegment } from './media-playlist.ts';

/**
 * The segments of a playlist whose delta update this is (draft-pantos-hls-rfc8216bis section 6.3.7): those that it
 * skips are taken from a playlist seen before.
 *
 * @returns undefined when that one does not hold them
 */
export function mergeDelta(before: readonly PlaylistSegment[], delta: MediaPlaylist): PlaylistSegment[] | undefined {
	const first = delta.mediaSequence;
	const end = first + (delta.skipped ?? 0);
	const kept = before.filter(({ sequence }) => sequence >= first && sequence < end);
	if (kept.length !== (delta.skipped ?? 0)) return undefined;
	const last = kept.at(-1);
	const rest = delta.segments.map((segment) => ({ ...segment, map: segment.map ?? last?.map }));
	return [...kept, ...rest];
}
