import { describe, expect, it } from 'vitest';
import { report } from '../../../src/check/check.ts';
import type { MediaFile } from '../../../src/check/recording.ts';
import { exchangeOf, MULTIVARIANT, type RecordingChanges, readingOf, recordingOf } from '../../fakes/hls-recording.ts';
import { answering, headers, replace, ruleOf, withHeader } from '../../fakes/recording-changes.ts';

const reading = (
	name: string,
	changes: Parameters<typeof readingOf>[3],
	start = Number(name.slice(1).split('.')[0]),
) => ({
	file: (file: MediaFile, own: string) =>
		own === name ? { ...file, reading: readingOf(start, 25, true, changes) } : file,
});

/** A segment with sound from here on; `undefined`: it is announced and does not come. Seconds. */
function heard(name: string, from: number | undefined): RecordingChanges {
	const samples = Array.from({ length: from === undefined ? 0 : 40 }, (_, index) => {
		const time = (from ?? 0) + index * 0.025;
		return { pts: time, dts: time, duration: 0.025, key: true };
	});
	const track = { id: 2, kind: 'audio', codec: 'mp4a.40.2', width: 0, height: 0 } as const;
	const own = { ...track, start: from ?? 0, end: samples.length > 0 ? (from ?? 0) + 1 : undefined, samples };
	return {
		file: (file, label) => {
			if (label !== name || !file.reading) return file;
			return { ...file, reading: { ...file.reading, tracks: [...file.reading.tracks, own] } };
		},
	};
}

/** What breaks which rule, and a word of the evidence. */
const BROKEN: readonly [number, string, RecordingChanges, RegExp][] = [
	[1, 'a byte order mark', replace(/^/, '\uFEFF'), /first line/],
	[1, 'two versions', replace('#EXT-X-VERSION:9', '#EXT-X-VERSION:9\n#EXT-X-VERSION:9'), /2 times/],
	[1, 'a version too low for its tags', replace('#EXT-X-VERSION:9', '#EXT-X-VERSION:4'), /EXT-X-MAP needs 6/],
	[1, 'an EXTINF that is no number', replace('#EXTINF:1.000000', '#EXTINF:one'), /no duration/],
	[
		1,
		'a tag that comes twice',
		replace('#EXT-X-TARGETDURATION:1', '#EXT-X-TARGETDURATION:1\n#EXT-X-TARGETDURATION:1'),
		/twice/,
	],
	[1, 'attributes that cannot be read', replace('CAN-BLOCK-RELOAD=YES', 'CAN-BLOCK-RELOAD="YES'), /SERVER-CONTROL/],
	[2, 'no target duration', replace('#EXT-X-TARGETDURATION:1\n', ''), /missing/],
	[2, 'a target duration that changes', replace('TARGETDURATION:1', 'TARGETDURATION:2', 12), /from 1 to 2/],
	[2, 'a segment over the target', replace('#EXTINF:1.000000', '#EXTINF:1.500000'), /lasts 1.5 s/],
	[3, 'a window of less than three targets', replace(/#EXTINF:1.000000/g, '#EXTINF:0.450000'), /2.7 s are left/],
	[4, 'a sequence that goes back', replace(/MEDIA-SEQUENCE:\d+/, 'MEDIA-SEQUENCE:99', 20), /followed by 99/],
	[4, 'a segment that gets another number', replace(/MEDIA-SEQUENCE:\d+/, 'MEDIA-SEQUENCE:110', 20), /was 10\d and is/],
	[
		5,
		'a segment that changes its length',
		replace('#EXTINF:1.000000,\ns3', '#EXTINF:0.900000,\ns3', 7),
		/duration changed/,
	],
	[5, 'a segment that changes its name', replace('\ns3.m4s', '\nother.m4s', 7), /URI changed/],
	[
		5,
		'a part that changes',
		replace('DURATION=0.200000,URI="s4.1.m4s"', 'DURATION=0.190000,URI="s4.1.m4s"', 4),
		/part s4.1/,
	],
	[5, 'bytes that change', { late: (late) => ({ ...late, digest: 'other' }) }, /bytes of/],
	[
		6,
		'a removed segment that is gone',
		{ late: (late) => ({ ...late, exchange: { ...late.exchange, status: 404 } }) },
		/404 2 s after/,
	],
	[
		7,
		'a listed segment that is not there',
		{ file: (file, name) => (name === 's4.m4s' ? { ...file, exchange: exchangeOf(name, 0, {}, 404) } : file) },
		/s4.m4s: 404/,
	],
	[7, 'a segment cut short', { file: (file) => ({ ...file, exchange: { ...file.exchange, length: 99 } }) }, /99 bytes/],
	[
		8,
		'a playlist that stands still',
		{
			classic: true,
			reload: (reload, index) => ({
				...reload,
				exchange: exchangeOf('index.m3u8', index === 3 ? 6000 : reload.exchange.sent, {}),
			}),
			text: (text, index) => (index === 3 ? recordingText(2) : text),
		},
		/without news/,
	],
	[
		8,
		'an answer that is none',
		{
			reload: (reload, index) =>
				index === 5 ? { exchange: exchangeOf('ll.m3u8', 0, {}, 500), asked: {}, text: '', disagreements: [] } : reload,
		},
		/500/,
	],
	[
		9,
		'a picture size that changes without a word',
		reading('s3.m4s', { width: 1280, height: 720 }),
		/640×360 becomes 1280×720/,
	],
	[9, 'a codec that changes without a word', reading('s3.m4s', { codec: 'hvc1.1.6.L93.90' }), /becomes hvc1/],
	[
		9,
		'a discontinuity sequence that moves alone',
		replace('DISCONTINUITY-SEQUENCE:0', 'DISCONTINUITY-SEQUENCE:1', 9),
		/0 left, the sequence went up by 1/,
	],
	[10, 'dates that go back', replace(/T00:00:03.000Z/, 'T00:00:01.000Z'), /goes back/],
	[10, 'dates that are off', replace(/T00:00:03.000Z/, 'T00:00:03.500Z'), /off the durations/],
	[10, 'a date that is none', replace(/2026-01-01T00:00:03.000Z/, 'yesterday'), /no ISO 8601/],
	[
		11,
		'a segment without a key picture',
		{ file: (file, name) => (name === 's3.m4s' ? { ...file, reading: readingOf(3, 25, false) } : file) },
		/does not start/,
	],
	[
		12,
		'durations that are not true',
		replace('#EXTINF:1.000000,\ns3', '#EXTINF:0.900000,\ns3'),
		/EXTINF 0.9 s, real 1 s/,
	],
	[12, 'a hole in the timestamps', reading('s3.m4s', { start: 3.02, end: 4.02 }), /starts 0.02 s after/],
	[13, 'no init segment', replace('#EXT-X-MAP:URI="init.mp4"\n', ''), /no EXT-X-MAP/],
	[
		13,
		'an init segment that is none',
		{ file: (file, name) => (name === 'init.mp4' ? without(file) : file) },
		/no init segment/,
	],
	[
		13,
		'a container that is broken',
		{
			file: (file, name) =>
				name === 's3.m4s' && file.reading
					? { ...file, reading: { ...file.reading, faults: ['no movie fragment'] } }
					: file,
		},
		/no movie fragment/,
	],
	[14, 'sound that HLS does not know', reading('s3.m4s', { kind: 'audio', codec: 'ulaw' }), /ulaw/],
	[15, 'H.265 as hev1', reading('s3.m4s', { codec: 'hev1.1.6.L93.90' }), /in place of hvc1/],
	[
		15,
		'H.265 in MPEG-TS',
		{
			file: (file, name) =>
				name === 's3.m4s'
					? { ...file, reading: { ...readingOf(3, 25, true, { codec: 'hvc1.1.6.L93.90' }), container: 'ts' } }
					: file,
		},
		/in ts/,
	],
	[
		16,
		'a bandwidth that is a guess',
		{ multivariant: MULTIVARIANT.replace('BANDWIDTH=800000', 'BANDWIDTH=300000') },
		/BANDWIDTH says 300/,
	],
	[16, 'another resolution', { multivariant: MULTIVARIANT.replace('640x360', '1280x720') }, /RESOLUTION is 1280x720/],
	[16, 'no word of PQ', reading('s3.m4s', { range: 'PQ' }), /VIDEO-RANGE is missing, the pictures have PQ/],
	[
		16,
		'HLG for PQ',
		{ ...reading('s3.m4s', { range: 'PQ' }), multivariant: MULTIVARIANT.replace('CODECS=', 'VIDEO-RANGE=HLG,CODECS=') },
		/VIDEO-RANGE is HLG, the pictures have PQ/,
	],
	[
		16,
		'PQ for what has none',
		{ multivariant: MULTIVARIANT.replace('CODECS=', 'VIDEO-RANGE=PQ,CODECS=') },
		/VIDEO-RANGE is PQ, the pictures have SDR/,
	],
	[17, 'another codec', { multivariant: MULTIVARIANT.replace('avc1.64001f', 'avc1.42c00a') }, /CODECS is avc1.42c00a/],
	[
		18,
		'a playlist of no type',
		{
			reload: (reload) => ({
				...reload,
				exchange: { ...withHeader(reload.exchange, 'content-type', 'text/html'), label: 'live' },
			}),
		},
		/text\/html/,
	],
	[19, 'gzip without Vary', headers('vary', 'Origin'), /Vary/],
	[
		19,
		'gzip for who does not take it',
		{
			trial: (exchange, name) =>
				name === 'playlist without gzip' ? withHeader(exchange, 'content-encoding', 'gzip') : exchange,
		},
		/not asked for/,
	],
	[20, 'a playlist that caches keep', { classic: true, ...headers('cache-control', 'max-age=60') }, /for 60 s/],
	[
		21,
		'a range of other bytes',
		{ trial: (exchange, name) => (name === 'segment range' ? { ...exchange, length: 11 } : exchange) },
		/11 bytes/,
	],
	[22, 'an empty playlist', { text: (text) => text.split('#EXT-X-MAP')[0] ?? '' }, /empty/],
	[22, 'an early answer without Retry-After', { early: [exchangeOf('ll.m3u8', 0, {}, 503)] }, /without Retry-After/],
	[23, 'a part over the target', replace('DURATION=0.200000,URI="s4.1', 'DURATION=0.210000,URI="s4.1'), /lasts 0.21 s/],
	[23, 'a part that is too short', replace('DURATION=0.200000,URI="s4.1', 'DURATION=0.150000,URI="s4.1'), /85 %/],
	[23, 'a part target that changes', replace('PART-TARGET=0.2', 'PART-TARGET=0.3', 9), /from 0.2 to 0.3/],
	[
		24,
		'a hold-back of less than two parts',
		replace('PART-HOLD-BACK=0.6', 'PART-HOLD-BACK=0.3'),
		/PART-HOLD-BACK is 0.3/,
	],
	[24, 'no PART-HOLD-BACK', replace('PART-HOLD-BACK=0.6,', ''), /PART-HOLD-BACK is NaN/],
	[24, 'a hold-back of less than three targets', replace(',HOLD-BACK=3', ',HOLD-BACK=2'), /HOLD-BACK is 2/],
	[24, 'a skip boundary that is too near', replace('CAN-SKIP-UNTIL=6', 'CAN-SKIP-UNTIL=5'), /CAN-SKIP-UNTIL is 5/],
	[
		25,
		'parts that are not all of their segment',
		replace('#EXT-X-PART:DURATION=0.200000,URI="s3.4.m4s"\n', ''),
		/its parts 0.8 s/,
	],
	[
		25,
		'a part that is said to be independent',
		{ file: (file, name) => (name === 's4.0.m4s' ? { ...file, reading: readingOf(4, 5, false) } : file) },
		/has no key picture/,
	],
	[
		25,
		'a part of another length',
		{ file: (file, name) => (name === 's4.1.m4s' ? { ...file, reading: readingOf(4.2, 4, false) } : file) },
		/4.1: 0.2 s, real 0.16 s/,
	],
	[
		25,
		'a map after the first part',
		replace('URI="s4.1.m4s"', 'URI="s4.1.m4s"\n#EXT-X-MAP:URI="init.mp4"'),
		/comes after its first part/,
	],
	[
		26,
		'parts that come late',
		{
			reload: (reload, index) => ({
				...reload,
				exchange: exchangeOf('ll.m3u8', index * 200 + (index > 9 ? 1500 : 0), {}),
			}),
		},
		/without a part/,
	],
	[
		26,
		'a removed part that is gone',
		{ late: (late) => (late.kind === 'part' ? { ...late, exchange: { ...late.exchange, status: 404 } } : late) },
		/404/,
	],
	[
		27,
		'an answer that comes too early',
		{ reload: (reload, index) => (index === 8 ? { ...reload, asked: { msn: 105, part: 4 } } : reload) },
		/segment 105, part 4/,
	],
	[27, 'an old _HLS_msn that is refused', answering('old msn', 400), /old _HLS_msn: 400/],
	[28, 'a part without its segment', answering('part without msn', 200), /part without msn: 200/],
	[29, 'two hints', replace('#EXT-X-PRELOAD', '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="x.m4s"\n#EXT-X-PRELOAD'), /2 hints/],
	[29, 'a hint of another part', replace(/(PRELOAD-HINT:TYPE=PART,URI=")s5/, '$1x5'), /was hinted/],
	[
		29,
		'a hinted part that comes in pieces',
		{
			rendition: (rendition) => ({
				...rendition,
				hints: [{ uri: 's5.1.m4s', exchange: { ...exchangeOf('s5.1.m4s', 0, {}), answered: 500 } }],
			}),
		},
		/from its first byte/,
	],
	[
		30,
		'a delta update that leaves too much out',
		{
			rendition: (rendition) => ({
				...rendition,
				deltas: rendition.deltas.map((delta) => ({ ...delta, merged: delta.merged.slice(1) })),
			}),
		},
		/does not give/,
	],
	[32, 'no dates', replace(/#EXT-X-PROGRAM-DATE-TIME:.*\n/g, ''), /no dates/],
];

function without({ exchange, digest }: MediaFile): MediaFile {
	return { exchange, digest };
}

/** A playlist of the good recording. */
function recordingText(index: number): string {
	return recordingOf({ classic: true }).renditions[0]?.reloads[index]?.text ?? '';
}

describe('the rules of HLS', () => {
	it('are kept by a good low-latency stream, without any advice', () => {
		const { rules, broken } = report(recordingOf());
		expect(rules.filter(({ verdict }) => verdict === 'broken')).toEqual([]);
		expect(rules.flatMap(({ rule, notes }) => notes.map((note) => `${rule} ${note}`))).toEqual([]);
		expect(broken).toBe(0);
		const open = rules.filter(({ verdict }) => verdict !== 'held').map(({ rule, verdict }) => `${rule} ${verdict}`);
		expect(open).toEqual(['14 not applicable', '15 not applicable', '31 not applicable']);
	});

	it('are kept by a good classic stream; those of parts do not apply', () => {
		const { rules } = report(recordingOf({ classic: true }));
		expect(rules.filter(({ verdict }) => verdict === 'broken')).toEqual([]);
		const open = rules.filter(({ verdict }) => verdict !== 'held').map(({ rule }) => rule);
		expect(open).toEqual([14, 15, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32]);
	});

	it('are numbered from 1 to 32', () => {
		const { rules } = report(recordingOf());
		expect(rules.map(({ rule }) => rule)).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
	});

	it.each(BROKEN)('%d is broken by %s', (rule, _, changes, evidence) => {
		const found = ruleOf(rule, changes);
		expect(found.verdict).toBe('broken');
		expect(found.evidence.join('\n')).toMatch(evidence);
	});

	it('have each something that breaks them, but for rendition reports', () => {
		const covered = new Set(BROKEN.map(([rule]) => rule));
		const all = report(recordingOf()).rules.map(({ rule }) => rule);
		expect(all.filter((rule) => !covered.has(rule))).toEqual([31]);
	});

	it('31 is judged where there are two renditions', () => {
		const { renditions, ...rest } = recordingOf({
			text: (text) => `${text}#EXT-X-RENDITION-REPORT:URI="https://a/b"\n`,
		});
		const both = report({ ...rest, renditions: [...renditions, ...renditions] });
		const found = both.rules.find(({ rule }) => rule === 31);
		expect(found?.verdict).toBe('broken');
		expect(found?.evidence.join()).toMatch(/not relative.*without LAST-MSN/);
	});

	it('do not take a stall that ends in a discontinuity for a late playlist', () => {
		const away: RecordingChanges = {
			reload: (reload, index) => ({
				...reload,
				exchange: exchangeOf('ll.m3u8', index * 200 + (index > 9 ? 9000 : 0), {}),
			}),
			text: (text, index) =>
				index > 10
					? text.replace(/(#EXT-X-PROGRAM-DATE-TIME:.*\n#EXT-X-PART:.*"s6.0)/, '#EXT-X-DISCONTINUITY\n$1')
					: text,
		};
		expect(ruleOf(8, away).verdict).toBe('held');
		expect(ruleOf(8, away).evidence.join()).toMatch(/8.7 s without news.*then a discontinuity/);
	});
});

/** Advice: it does not break a rule. */
const ADVICE: readonly [number, string, RecordingChanges, RegExp][] = [
	[3, 'fewer than six segments', { text: (text) => text, ...shorter() }, /Apple wants 6/],
	[10, 'no dates', replace(/#EXT-X-PROGRAM-DATE-TIME:.*\n/g, ''), /no playlist has dates/],
	[11, 'segments not said to be independent', replace('#EXT-X-INDEPENDENT-SEGMENTS\n', ''), /not declared/],
	[12, 'a segment without the sound that is announced', heard('s3.m4s', undefined), /segment 103: there is no sound/],
	[12, 'sound that begins three frames after the picture', heard('s3.m4s', 3.12), /segment 103: sound .* 0.12 s apart/],
	[12, 'sound that begins before the picture', heard('s3.m4s', 2.94), /segment 103: sound .* 0.06 s apart/],
	[16, 'no average bandwidth', { multivariant: MULTIVARIANT.replace('AVERAGE-BANDWIDTH=800000,', '') }, /AVERAGE/],
	[16, 'another frame rate', { multivariant: MULTIVARIANT.replace('25.000', '50.000') }, /25.00 were counted/],
	[17, 'no codecs', { multivariant: MULTIVARIANT.replace('CODECS="avc1.64001f",', '') }, /no CODECS/],
	[19, 'no compression', headers('content-encoding', ''), /without gzip/],
	[
		20,
		'media that caches must not keep',
		{ file: (file) => ({ ...file, exchange: withHeader(file.exchange, 'cache-control', 'no-store') }) },
		/no-store/,
	],
	[
		21,
		'a 404 that pages cannot read',
		{ trial: (exchange, name) => (name === 'unknown file' ? { ...exchange, headers: {} } : exchange) },
		/404 has no Access-Control/,
	],
	[24, 'a hold-back of two parts', replace('PART-HOLD-BACK=0.6', 'PART-HOLD-BACK=0.4'), /less than three/],
	[28, 'a request far ahead that is not refused', answering('msn too far ahead', 200), /too far ahead: 200/],
	[32, 'HTTP/1.1', { protocol: 'http/1.1' }, /HTTP\/2/],
];

function shorter(): RecordingChanges {
	return {
		text: (text, index) =>
			index < 20
				? text
				: text
						.replace(/MEDIA-SEQUENCE:(\d+)/, (_, first) => `MEDIA-SEQUENCE:${Number(first) + 1}`)
						.replace(/#EXT-X-MAP[\s\S]*?\.m4s\n/, '#EXT-X-MAP:URI="init.mp4"\n'),
	};
}

describe('advice', () => {
	it.each(ADVICE)('of rule %d is given on %s', (rule, _, changes, note) => {
		const found = ruleOf(rule, changes);
		expect(found.verdict).not.toBe('broken');
		expect(found.notes.join('\n')).toMatch(note);
	});
});
