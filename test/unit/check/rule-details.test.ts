import { describe, expect, it } from 'vitest';
import type { MediaReading, ReadTrack } from '../../../src/check/read/media-reading.ts';
import { exchangeOf, MULTIVARIANT, type RecordingChanges, readingOf } from '../../fakes/hls-recording.ts';
import { answering, holding, replace, ruleOf, withHeader, withoutHeader } from '../../fakes/recording-changes.ts';

const SOUND: ReadTrack = {
	...{ id: 2, kind: 'audio', codec: 'mp4a.40.2', width: 0, height: 0 },
	...{ start: 0, end: undefined, samples: [] },
};
const sounding =
	(count: number) =>
	({ tracks }: MediaReading): Partial<MediaReading> => ({
		tracks: [...tracks, ...Array.from({ length: count }, (_, index) => ({ ...SOUND, id: 2 + index }))],
	});
const OTHER: ReadTrack = { ...SOUND, id: 9, kind: 'other', codec: '' };
const silentPictures = ({ tracks }: MediaReading): Partial<MediaReading> => ({
	tracks: [...tracks.map((track) => ({ ...track, samples: [] })), SOUND],
});
const multivariant = (from: string | RegExp, to: string): RecordingChanges => ({
	multivariant: MULTIVARIANT.replace(from, to),
});
const fault = (name: string): RecordingChanges => ({
	file: (file, own) => {
		const { reading: _, ...unread } = file;
		return own === name ? { ...unread, fault: 'it ends early' } : file;
	},
});

/** A delta update of the last playlist that skips this many segments. */
function skipping(count: number): RecordingChanges {
	return {
		rendition: (rendition) => ({
			...rendition,
			deltas: rendition.deltas.map(({ full }) => {
				const delta = { ...full, skipped: count, segments: full.segments.slice(count) };
				return { delta, merged: full.segments, full };
			}),
		}),
	};
}

/** Parts whose bytes are not those of their segment, and a segment of so many pictures. */
function joinedOtherwise(frames: number): RecordingChanges {
	return {
		rendition: (rendition) => ({ ...rendition, joinedParts: new Map([['s3.m4s', 'other']]) }),
		file: (file, name) => (name === 's3.m4s' ? { ...file, reading: readingOf(3, frames) } : file),
	};
}

/** What breaks which rule, and a word of the evidence. */
const BROKEN: readonly [number, string, RecordingChanges, RegExp][] = [
	[1, 'an EXTINF at the end', { text: (text) => `${text}#EXTINF:1.0,\n` }, /last EXTINF has no URI/],
	[1, 'a URI without EXTINF', replace('#EXTINF:1.000000,\ns3', 's3'), /URI without EXTINF/],
	[1, 'a part without URI', replace(',URI="s4.1.m4s"', ''), /URI attribute is missing/],
	[1, 'a byte range that is none', replace('URI="s4.1.m4s"', 'URI="s4.1.m4s",BYTERANGE="x"'), /BYTERANGE=x/],
	[1, 'a media sequence that is none', replace(/MEDIA-SEQUENCE:\d+/, 'MEDIA-SEQUENCE:one'), /no whole number/],
	[1, 'a part target that is none', replace('PART-TARGET=0.2', 'PART-TARGET=short'), /PART-TARGET is no number/],
	[1, 'a multivariant playlist that begins otherwise', multivariant('#EXTM3U', '#EXT'), /does not begin/],
	[1, 'a multivariant playlist of two versions', multivariant('\n', '\n#EXT-X-VERSION:6\n'), /more than one/],
	[1, 'attributes of a variant that cannot be read', multivariant('CODECS="', 'CODECS='), /STREAM-INF cannot be read/],
	[1, 'segments in a multivariant playlist', multivariant('\n', '\n#EXT-X-TARGETDURATION:1\n'), /has no place/],
	[1, 'a variant without its attributes', multivariant('\n', '\nother.m3u8\n'), /URI without EXT-X-STREAM-INF/],
	[1, 'a variant without its URI', { multivariant: `${MULTIVARIANT}#EXT-X-STREAM-INF:BANDWIDTH=1\n` }, /has no URI/],
	[
		7,
		'an empty segment',
		{ file: (file, name) => (name === 's3.m4s' ? { ...file, exchange: { ...file.exchange, length: 0 } } : file) },
		/s3.m4s is empty/,
	],
	[
		8,
		'a playlist that was made long ago',
		{
			reload: (reload) => ({
				...reload,
				exchange: withHeader(
					withHeader(reload.exchange, 'last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT'),
					'date',
					'Thu, 01 Jan 2026 00:00:04 GMT',
				),
			}),
		},
		/Last-Modified is 4 s before Date/,
	],
	[
		9,
		'a discontinuity sequence after a segment',
		{ text: (text) => `${text.replace('#EXT-X-DISCONTINUITY-SEQUENCE:0\n', '')}#EXT-X-DISCONTINUITY-SEQUENCE:0\n` },
		/comes after a segment/,
	],
	[9, 'sound that begins without a word', holding('s3.m4s', sounding(1)), /video becomes audio and video/],
	[13, 'a segment that cannot be read', fault('s3.m4s'), /segment 103: it ends early/],
	[13, 'a part that cannot be read', fault('s3.1.m4s'), /s3.1.m4s: it ends early/],
	[
		13,
		'a segment that holds nothing',
		holding('s3.m4s', ({ tracks }) => ({ tracks: tracks.map((track) => ({ ...track, samples: [] })) })),
		/segment 103 holds nothing/,
	],
	[17, 'sound that is not there', multivariant('avc1.64001f', 'avc1.64001f,mp4a.40.2'), /the segments hold no audio/],
	[24, 'parts without blocking reload', replace('CAN-BLOCK-RELOAD=YES,', ''), /no CAN-BLOCK-RELOAD=YES/],
	[24, 'promises that change', replace('HOLD-BACK=3', 'HOLD-BACK=4', 12), /changes/],
	[25, 'parts with fewer pictures', joinedOtherwise(26), /segment 103 has 26 frames, its parts 25/],
	[29, 'a hint in a playlist that has an end', { text: (text) => `${text}#EXT-X-ENDLIST\n` }, /has an end/],
	[
		29,
		'a hinted part that is refused',
		{ rendition: (rendition) => ({ ...rendition, hints: [{ uri: 'x', exchange: exchangeOf('x', 0, {}, 404) }] }) },
		/the hinted x: 404/,
	],
	[30, 'a delta update that skips what is near the end', skipping(5), /begins 2.8 s from the end was skipped, of 6 s/],
	[
		30,
		'a delta update of an old version',
		{ ...skipping(1), text: (text) => text.replace('VERSION:9', 'VERSION:8').replace('UNTIL=6', 'UNTIL=1') },
		/needs version 9/,
	],
];

/** Advice: it does not break a rule. */
const ADVICE: readonly [number, string, RecordingChanges, RegExp][] = [
	[13, 'two tracks of sound', holding('s3.m4s', sounding(2)), /segment 103 has 2 tracks of sound/],
	[25, 'parts of other bytes', joinedOtherwise(25), /parts of segment 103 do not make up its bytes/],
	[25, 'a key picture that nobody is told of', replace(/,INDEPENDENT=YES/g, ''), /but is not said to be independent/],
	[28, 'a part far ahead', answering('part too far ahead', 200), /part too far ahead: 200/],
	[29, 'a part that nobody knows', answering('unknown part', 503), /nobody hinted at: 503/],
	[21, 'a range beyond the end', answering('segment range beyond', 206), /beyond the end of a segment: 206/],
	[32, 'playlists that are not packed', withoutHeader('content-encoding'), /playlists come without gzip/],
];

describe('rules', () => {
	it.each(BROKEN)('%d is broken by %s', (rule, _, changes, evidence) => {
		const found = ruleOf(rule, changes);
		expect(found.verdict).toBe('broken');
		expect(found.evidence.join('\n')).toMatch(evidence);
	});

	it.each(ADVICE)('%d has advice on %s', (rule, _, changes, note) => {
		const found = ruleOf(rule, changes);
		expect(found.verdict).not.toBe('broken');
		expect(found.notes.join('\n')).toMatch(note);
	});
});

/** Looks like a fault and is none. */
const KEPT: readonly [number, string, RecordingChanges][] = [
	[9, 'a segment whose tracks are not known', holding('s3.m4s', () => ({ tracks: [] }))],
	[9, 'captions that come and go', holding('s3.m4s', ({ tracks }) => ({ tracks: [...tracks, OTHER] }))],
	[11, 'a segment of sound alone', holding('s3.m4s', silentPictures)],
	[
		17,
		'sound that may be in a track of unknown kind',
		{
			...multivariant('avc1.64001f', 'avc1.64001f,ac-3'),
			...holding('s3.m4s', ({ tracks }) => ({ tracks: [...tracks, OTHER] })),
		},
	],
	[17, 'sound that a group names', multivariant('avc1.64001f"', 'avc1.64001f,mp4a.40.2",AUDIO="a"')],
	[30, 'a delta update that skips nothing', skipping(0)],
	[17, 'a codec of subtitles', multivariant('avc1.64001f', 'avc1.64001f,stpp.ttml.im1t')],
];

it.each(KEPT)('rule %d is kept by %s', (rule, _, changes) => {
	const { verdict, evidence } = ruleOf(rule, changes);
	expect([verdict, verdict === 'held' ? [] : evidence]).toEqual(['held', []]);
});
