import { parseMediaPlaylist } from '../../src/check/read/media-playlist.ts';
import type { MediaReading, ReadTrack } from '../../src/check/read/media-reading.ts';
import { parseMultivariantPlaylist } from '../../src/check/read/multivariant-playlist.ts';
import { disagreements } from '../../src/check/read/second-reading.ts';
import type {
	Exchange,
	LateFetch,
	MediaFile,
	Recording,
	Reload,
	Rendition,
	TrialName,
} from '../../src/check/recording.ts';

/** Seconds of a segment, of a part and of a picture. */
const SEGMENT = 1;
const PARTS = 5;
const FRAME = 0.04;
const FRAMES = 25;
const LISTED = 6;
/** Whole segments in the first playlist. */
const FIRST = 4;
const SEQUENCE = 100;
const WALL = Date.UTC(2026, 0, 1);

/** What a recording is to have otherwise than a good one. */
export type RecordingChanges = {
	/** Parts of a second that were recorded; default 30. */
	reloads?: number;
	/** Plain playlists without parts, one a segment. */
	classic?: boolean;
	multivariant?: string;
	text?: (text: string, index: number) => string;
	reload?: (reload: Reload, index: number) => Reload;
	/** @param name `s100.m4s`, `s100.0.m4s` or `init.mp4` */
	file?: (file: MediaFile, name: string) => MediaFile;
	/** `undefined`: not tried. */
	trial?: (exchange: Exchange, name: TrialName) => Exchange;
	late?: (late: LateFetch) => LateFetch;
	rendition?: (rendition: Rendition) => Rendition;
	early?: readonly Exchange[];
	protocol?: string;
};

export const MULTIVARIANT = [
	'#EXTM3U',
	'#EXT-X-VERSION:6',
	'#EXT-X-STREAM-INF:BANDWIDTH=800000,AVERAGE-BANDWIDTH=800000,CODECS="avc1.64001f",RESOLUTION=640x360,FRAME-RATE=25.000',
	'll.m3u8',
	'',
].join('\n');

/** What a strict client sees of a faultless low-latency stream. */
export function recordingOf(changes: RecordingChanges = {}): Recording {
	const text = changes.multivariant ?? MULTIVARIANT;
	const playlist = parseMultivariantPlaylist(text);
	return {
		label: 'https://example.com/ll-master.m3u8',
		multivariant: { exchange: exchangeOf('ll-master.m3u8', 0, PLAYLIST_HEADERS), playlist },
		early: changes.early ?? [],
		renditions: [renditionOf(changes, playlist.variants[0])],
		protocol: changes.protocol ?? 'h2',
	};
}

export const PLAYLIST_HEADERS: Readonly<Record<string, string>> = {
	'content-type': 'application/vnd.apple.mpegurl',
	'content-encoding': 'gzip',
	vary: 'Accept-Encoding',
	'cache-control': 'no-cache',
	'access-control-allow-origin': '*',
};
const MEDIA_HEADERS: Readonly<Record<string, string>> = {
	'content-type': 'video/mp4',
	'cache-control': 'max-age=31536000, immutable',
	'access-control-allow-origin': '*',
	'content-length': '100000',
};

/** An answer at this time, in milliseconds. */
export function exchangeOf(
	label: string,
	at: number,
	headers: Readonly<Record<string, string>>,
	status = 200,
): Exchange {
	return {
		...{ label, method: 'GET', status, headers, redirected: false, length: 100_000 },
		...{ sent: at, firstByte: at, answered: at, wall: WALL + at },
	};
}

function renditionOf(changes: RecordingChanges, variant: Rendition['variant']): Rendition {
	const { classic = false, reloads: count = 30 } = changes;
	const texts: string[] = [];
	for (let index = 0; index < count; index++) {
		const text = classic
			? playlistText(FIRST + index, undefined)
			: playlistText(FIRST + Math.floor(index / PARTS), index % PARTS);
		texts.push(changes.text?.(text, index) ?? text);
	}
	const reloads = texts.map((text, index): Reload => {
		const playlist = parseMediaPlaylist(text);
		const at = index * (classic ? 1000 * SEGMENT : (1000 * SEGMENT) / PARTS);
		const last = FIRST + Math.floor(index / PARTS);
		const reload: Reload = {
			exchange: exchangeOf('ll.m3u8', at, PLAYLIST_HEADERS),
			asked: classic || index === 0 ? {} : askedFor(last, index % PARTS),
			text,
			playlist,
			disagreements: disagreements(text, playlist),
		};
		return changes.reload?.(reload, index) ?? reload;
	});
	const files = new Map<string, MediaFile>();
	const put = (name: string, reading: MediaReading) => {
		const headers = MEDIA_HEADERS;
		const file: MediaFile = { exchange: exchangeOf(name, 0, headers), digest: name, reading };
		files.set(name, changes.file?.(file, name) ?? file);
	};
	put('init.mp4', readingOf(0, 0));
	const segments = FIRST + (classic ? count : Math.ceil(count / PARTS));
	const joined = new Map<string, string>();
	for (let index = 0; index < segments; index++) {
		put(`s${index}.m4s`, readingOf(index * SEGMENT, FRAMES));
		joined.set(`s${index}.m4s`, `s${index}.m4s`);
		for (let part = 0; !classic && part < PARTS; part++) {
			put(`s${index}.${part}.m4s`, readingOf(index * SEGMENT + part * (SEGMENT / PARTS), FRAMES / PARTS, part === 0));
		}
	}
	const late = (['segment', 'part'] as const).map((kind): LateFetch => {
		const fetched = { kind, exchange: exchangeOf(`${kind}.m4s`, 0, MEDIA_HEADERS), after: 2000 };
		return { ...fetched, digest: 'same', digestBefore: 'same' };
	});
	const full = reloads.at(-1)?.playlist ?? parseMediaPlaylist('');
	const rendition: Rendition = {
		name: 'cam/ll.m3u8',
		...(variant && { variant }),
		reloads,
		files,
		joinedParts: classic ? new Map() : joined,
		hints: classic ? [] : [{ exchange: exchangeOf('s5.1.m4s', 0, MEDIA_HEADERS), uri: 's5.1.m4s' }],
		late: late.map((one) => changes.late?.(one) ?? one),
		deltas: classic ? [] : [{ delta: full, merged: full.segments, full }],
		trials: new Map(TRIALS.map(([name, status]) => [name, trialOf(name, status, changes)])),
	};
	return changes.rendition?.(rendition) ?? rendition;
}

/** @param parts of the segment in work; undefined for a playlist without parts */
function playlistText(whole: number, parts: number | undefined): string {
	const first = Math.max(0, whole - LISTED);
	const low = parts !== undefined;
	const lines = ['#EXTM3U', `#EXT-X-VERSION:${low ? 9 : 6}`, '#EXT-X-INDEPENDENT-SEGMENTS', '#EXT-X-TARGETDURATION:1'];
	if (low) {
		lines.push('#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6,HOLD-BACK=3,CAN-SKIP-UNTIL=6');
		lines.push('#EXT-X-PART-INF:PART-TARGET=0.2');
	}
	lines.push(`#EXT-X-MEDIA-SEQUENCE:${SEQUENCE + first}`, '#EXT-X-DISCONTINUITY-SEQUENCE:0');
	for (let index = first; index < whole; index++) {
		if (index === first) lines.push('#EXT-X-MAP:URI="init.mp4"');
		lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(WALL + index * 1000 * SEGMENT).toISOString()}`);
		if (low && index >= whole - 3) lines.push(...partLines(index, PARTS));
		lines.push('#EXTINF:1.000000,', `s${index}.m4s`);
	}
	if (low) {
		if (parts > 0) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(WALL + whole * 1000 * SEGMENT).toISOString()}`);
		lines.push(...partLines(whole, parts), `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s${whole}.${parts}.m4s"`);
	}
	return `${lines.join('\n')}\n`;
}

function partLines(segment: number, count: number): string[] {
	return Array.from({ length: count }, (_, part) => {
		const line = `#EXT-X-PART:DURATION=0.200000,URI="s${segment}.${part}.m4s"`;
		return part === 0 ? `${line},INDEPENDENT=YES` : line;
	});
}

function askedFor(segment: number, parts: number): Reload['asked'] {
	return parts > 0 ? { msn: SEQUENCE + segment, part: parts - 1 } : { msn: SEQUENCE + segment - 1, part: PARTS - 1 };
}

/** Pictures of 25 a second, the first of them a key picture if there is one. */
export function readingOf(start: number, frames: number, key = true, changes: Partial<ReadTrack> = {}): MediaReading {
	const samples = Array.from({ length: frames }, (_, index) => {
		const time = start + index * FRAME;
		return { pts: time, dts: time, duration: FRAME, key: key && index === 0 };
	});
	const track: ReadTrack = {
		...{ id: 1, kind: 'video', codec: 'avc1.64001f', width: 640, height: 360 },
		...{ start, end: start + frames * FRAME, samples },
		...changes,
	};
	return { container: 'fmp4', tracks: [track], faults: [] };
}

const TRIALS: readonly [TrialName, number][] = [
	['playlist HEAD', 200],
	['playlist preflight', 204],
	['playlist without gzip', 200],
	['segment HEAD', 200],
	['segment preflight', 204],
	['segment range', 206],
	['segment range beyond', 416],
	['unknown file', 404],
	['part without msn', 400],
	['msn too far ahead', 400],
	['part too far ahead', 400],
	['msn no number', 400],
	['msn negative', 400],
	['msn huge', 400],
	['old msn', 200],
	['unknown part', 404],
];

function trialOf(name: TrialName, status: number, changes: RecordingChanges): Exchange {
	const exchange = {
		...exchangeOf(name, 0, { 'access-control-allow-origin': '*', 'cache-control': 'no-store' }, status),
		length: name === 'segment range' ? 10 : 0,
	};
	return changes.trial?.(exchange, name) ?? exchange;
}
