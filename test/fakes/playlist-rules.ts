import { parseMediaPlaylist } from '../../src/check/read/media-playlist.ts';
import { expectThat, type JudgedPlaylist, judgePlaylists } from './judged-playlists.ts';

/** What tests look at of one playlist. */
export type ReadPlaylist = JudgedPlaylist & {
	targetDuration: number;
	mediaSequence: number;
	discontinuitySequence: number;
	independent: boolean;
	segments: { uri: string; duration: number; discontinuity: boolean; wall: number }[];
};

/** Reads a live media playlist and holds it to the rules of `dualcast check`; throws. */
export function readPlaylist(text: string): ReadPlaylist {
	const playlist = parseMediaPlaylist(text);
	judgePlaylists([{ text, playlist }]);
	const { versions, discontinuitySequence, ended, segments, independent, mediaSequence } = playlist;
	expectThat(versions.length === 1, 'one version');
	expectThat(!ended, 'a live playlist does not end');
	expectThat(
		segments.every(({ date }) => date !== undefined),
		'each segment has its date',
	);
	if (discontinuitySequence === undefined) throw new Error('broken rule: a discontinuity sequence');
	return {
		...{ text, playlist, mediaSequence, discontinuitySequence, independent },
		targetDuration: Number(playlist.targetDuration),
		segments: segments.map(({ resource, duration, discontinuity, date = '' }) => ({
			uri: resource?.uri ?? '',
			duration,
			discontinuity,
			wall: Date.parse(date),
		})),
	};
}

/** The rules between a playlist and one fetched later; throws. */
export function checkSuccession(before: ReadPlaylist, after: ReadPlaylist): void {
	judgePlaylists([before, after]);
}
