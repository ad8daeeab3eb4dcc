import { report } from '../../src/check/check.ts';
import type { MediaPlaylist } from '../../src/check/read/media-playlist.ts';
import { disagreements } from '../../src/check/read/second-reading.ts';
import type { Rendition } from '../../src/check/recording.ts';
import { exchangeOf, PLAYLIST_HEADERS } from './hls-recording.ts';

export type JudgedPlaylist = { readonly text: string; readonly playlist: MediaPlaylist };

/** Rules whose advice is followed here too: dates, and all of low latency that does not need TLS. */
const ADVISED = new Set([9, 10, 23, 24, 25, 26, 27, 29, 30, 31]);

/**
 * Judges playlists of one URL, in their order, by all rules of `dualcast check` that need no media and no clock.
 *
 * @throws Error that names the rule
 */
export function judgePlaylists(playlists: readonly JudgedPlaylist[]): void {
	const rendition: Rendition = {
		name: 'live.m3u8',
		reloads: playlists.map(({ text, playlist }) => ({
			exchange: exchangeOf('live.m3u8', 0, PLAYLIST_HEADERS),
			asked: {},
			text,
			playlist,
			// m3u8-parser knows nothing of what a delta update skips.
			disagreements: playlist.skipped === undefined ? disagreements(text, playlist) : [],
		})),
		files: new Map(),
		joinedParts: new Map(),
		hints: [],
		late: [],
		deltas: [],
		trials: new Map(),
	};
	const { rules } = report({ label: 'live.m3u8', early: [], renditions: [rendition] });
	for (const { rule, name, verdict, evidence, notes } of rules) {
		const faults = [...(verdict === 'broken' ? evidence : []), ...(ADVISED.has(rule) ? notes : [])];
		if (faults.length > 0) throw new Error(`broken rule ${rule}, ${name}: ${faults.join('; ')}`);
	}
}

export function expectThat(kept: boolean, rule: string): void {
	if (!kept) throw new Error(`broken rule: ${rule}`);
}
