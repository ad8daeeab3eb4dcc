import { keyOf } from './address.ts';
import type { MediaPlaylist, PlaylistSegment, Resource } from './read/media-playlist.ts';
import type { Asked, MediaFile, Reload, Rendition } from './recording.ts';

/** A reload that brought a playlist. */
export type Seen = Reload & { readonly playlist: MediaPlaylist };

/** A whole segment over all reloads. */
export type ObservedSegment = {
	/** As listed first with its URI. */
	readonly segment: PlaylistSegment & { readonly resource: Resource };
	readonly file: MediaFile | undefined;
	readonly init: MediaFile | undefined;
};

/** Seconds of all that is listed. */
export function durationOf({ segments }: MediaPlaylist): number {
	return segments.reduce((sum, { duration }) => sum + duration, 0);
}

/** It has what a request that may be held asked for, or is beyond it (draft-pantos-hls-rfc8216bis section 6.2.5.2). */
export function hasAsked({ segments, ended }: MediaPlaylist, { msn, part }: Asked): boolean {
	if (msn === undefined || ended || segments.some(({ sequence }) => sequence > msn)) return true;
	const found = segments.find(({ sequence }) => sequence === msn);
	return part === undefined ? found?.resource !== undefined : (found?.parts.length ?? 0) > part;
}

export function seen({ reloads }: Rendition): Seen[] {
	return reloads.filter((reload): reload is Seen => reload.playlist !== undefined);
}

/** Each reload with the one before it. */
export function successions(rendition: Rendition): [Seen, Seen][] {
	const all = seen(rendition);
	return all.slice(1).map((reload, index) => [all[index] as Seen, reload]);
}

/** Whole segments in their order. */
export function segmentsOf(rendition: Rendition): ObservedSegment[] {
	const found = new Map<number, ObservedSegment>();
	for (const { playlist } of seen(rendition)) {
		for (const segment of playlist.segments) {
			const { sequence, resource, map } = segment;
			if (!resource || found.has(sequence)) continue;
			const file = rendition.files.get(keyOf(resource));
			const init = map && rendition.files.get(keyOf(map));
			found.set(sequence, { segment: { ...segment, resource }, file, init });
		}
	}
	return [...found.values()].sort((one, other) => one.segment.sequence - other.segment.sequence);
}

/** Runs of segments that follow each other without a discontinuity or a missing one. */
export function runsOf(segments: readonly ObservedSegment[]): ObservedSegment[][] {
	const runs: ObservedSegment[][] = [];
	for (const observed of segments) {
		const run = runs.at(-1);
		const before = run?.at(-1);
		const follows = before && before.segment.sequence + 1 === observed.segment.sequence;
		if (run && follows && !observed.segment.discontinuity) run.push(observed);
		else runs.push([observed]);
	}
	return runs;
}

/**
 * Sequences after which a discontinuity comes: the source was away then, and nothing could be new. What it had begun
 * may be listed first when it is back.
 */
export function breaksOf(rendition: Rendition): Set<number> {
	const found = new Set<number>();
	for (const { playlist } of seen(rendition)) {
		for (const { sequence, discontinuity } of playlist.segments) {
			if (discontinuity) for (const before of [sequence - 1, sequence - 2]) found.add(before);
		}
	}
	return found;
}

/** Every part as listed first, by address, with the sequence of its segment. */
export function partsOf(rendition: Rendition) {
	const found = new Map<string, { part: PlaylistSegment['parts'][number]; sequence: number; index: number }>();
	for (const { playlist } of seen(rendition)) {
		for (const { sequence, parts } of playlist.segments) {
			for (const [index, part] of parts.entries()) {
				const key = keyOf(part);
				if (!found.has(key)) found.set(key, { part, sequence, index });
			}
		}
	}
	return found;
}
