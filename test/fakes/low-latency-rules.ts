import { mergeDelta } from '../../src/check/read/delta-update.ts';
import { type MediaPlaylist, parseMediaPlaylist } from '../../src/check/read/media-playlist.ts';
import { expectThat, type JudgedPlaylist, judgePlaylists } from './judged-playlists.ts';

export type ReadPart = { uri: string; duration: number; independent: boolean };
export type ReadParent = {
	sequence: number;
	/** Undefined while it is in work. */
	uri: string | undefined;
	/** 0 while it is in work. */
	duration: number;
	discontinuity: boolean;
	map: string | undefined;
	wall: number;
	parts: ReadPart[];
};

export type ReadLowLatency = JudgedPlaylist & {
	version: number;
	targetDuration: number;
	partTarget: number;
	control: Readonly<Record<string, string>>;
	mediaSequence: number;
	discontinuitySequence: number;
	independent: boolean;
	skipped: number;
	/** The last one may be in work. */
	segments: ReadParent[];
	/** Empty while segments are not divided into parts. */
	hint: string;
};

/** Reads one low-latency playlist and holds it to the rules of `dualcast check`; throws. */
export function readLowLatency(text: string): ReadLowLatency {
	const playlist = parseMediaPlaylist(text);
	judgePlaylists([{ text, playlist }]);
	const { serverControl, partTarget, discontinuitySequence, hints, versions, skipped = 0 } = playlist;
	const [hint] = hints;
	if (!serverControl || partTarget === undefined || discontinuitySequence === undefined) {
		throw new Error('broken rule: server control, part target and discontinuity sequence are there');
	}
	expectThat(serverControl['HOLD-BACK'] !== undefined, 'a HOLD-BACK');
	expectThat(serverControl['CAN-SKIP-UNTIL'] !== undefined, 'delta updates');
	expectThat(hints.length === 0 || (hints.length === 1 && hint?.TYPE === 'PART'), 'one hint, of a part');
	checkSegments(playlist);
	return {
		...{ text, playlist, partTarget, discontinuitySequence, skipped, control: serverControl, hint: hint?.URI ?? '' },
		version: versions[0] ?? 0,
		targetDuration: Number(playlist.targetDuration),
		mediaSequence: playlist.mediaSequence,
		independent: playlist.independent,
		segments: playlist.segments.map(({ sequence, resource, duration, discontinuity, map, date = '', parts }) => ({
			...{ sequence, discontinuity, uri: resource?.uri, map: map?.uri, wall: Date.parse(date) },
			duration: resource ? duration : 0,
			parts: parts.map(({ uri, duration: seconds, independent }) => ({ uri, duration: seconds, independent })),
		})),
	};
}

/** Seconds of a sum of durations that are written to six digits each. */
const ROUNDING = 1e-5;

/** What this gateway promises of its segments beyond the rules. */
function checkSegments({ segments, skipped = 0, targetDuration, independent, hints }: MediaPlaylist): void {
	let left = segments.reduce((sum, { duration }) => sum + duration, 0);
	const undivided = segments.findLastIndex(({ resource, parts }) => resource && parts.length === 0);
	for (const [index, { resource, duration, parts, map, date }] of segments.entries()) {
		left -= duration;
		expectThat(skipped > 0 || map !== undefined, 'each segment has its map');
		expectThat(date !== undefined, 'each segment has its date');
		const border = 3 * Number(targetDuration);
		const due = left < border && index > undivided;
		if (resource && Math.abs(left - border) > ROUNDING) {
			expectThat(parts.length > 0 === due, 'parts are listed near the end only, and up to the end');
		}
		expectThat(
			parts.every((part) => part.duration > 0),
			'each part lasts',
		);
		if (parts.length > 0) expectThat(hints.length === 1, 'the part after the last one is hinted at');
		if (independent && parts[0]) expectThat(parts[0].independent, 'the first part of a segment is independent');
	}
}

/** The rules between a playlist and one fetched later, which may be a delta update; throws. */
export function checkLowLatencySuccession(before: ReadLowLatency, after: ReadLowLatency): void {
	const segments = mergeDelta(before.playlist.segments, after.playlist);
	if (!segments) throw new Error('broken rule: a delta update skips what is known only');
	judgePlaylists([before, { text: after.text, playlist: { ...after.playlist, segments } }]);
}
