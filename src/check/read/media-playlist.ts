import { type Attributes, parseAttributes } from './attributes.ts';
import { type ByteRange, parseByteRange } from './byte-range.ts';

/** A file, or a piece of one. */
export type Resource = { readonly uri: string; readonly range?: ByteRange };

/** EXT-X-PART */
export type PlaylistPart = Resource & {
	/** Seconds. */
	readonly duration: number;
	readonly independent: boolean;
	readonly gap: boolean;
};

export type PlaylistSegment = {
	/** Media sequence number. */
	readonly sequence: number;
	/** Undefined while only parts of it are there. */
	readonly resource: Resource | undefined;
	/** Seconds; of a segment without URI: of its parts. */
	readonly duration: number;
	readonly discontinuity: boolean;
	/** EXT-X-MAP that holds for it. */
	readonly map: Resource | undefined;
	/** Its own EXT-X-PROGRAM-DATE-TIME as written. */
	readonly date: string | undefined;
	readonly gap: boolean;
	readonly encrypted: boolean;
	readonly parts: readonly PlaylistPart[];
	/** EXT-X-MAP, EXT-X-DISCONTINUITY or a date came after its first part. */
	readonly lateHead: boolean;
};

export type MediaPlaylist = {
	readonly firstLine: string;
	/** All EXT-X-VERSION. */
	readonly versions: readonly number[];
	/** As written. */
	readonly targetDuration: string | undefined;
	readonly mediaSequence: number;
	readonly discontinuitySequence: number | undefined;
	/** The EXT-X-DISCONTINUITY-SEQUENCE stands after a segment or discontinuity. */
	readonly lateDiscontinuitySequence: boolean;
	readonly type: string | undefined;
	readonly ended: boolean;
	readonly independent: boolean;
	readonly iFramesOnly: boolean;
	readonly hasByteRanges: boolean;
	readonly serverControl: Attributes | undefined;
	/** Seconds. */
	readonly partTarget: number | undefined;
	/** EXT-X-SKIP: SKIPPED-SEGMENTS. */
	readonly skipped: number | undefined;
	readonly segments: readonly PlaylistSegment[];
	readonly hints: readonly Attributes[];
	readonly reports: readonly Attributes[];
	/** Lines that cannot be read, or must not come twice. */
	readonly faults: readonly string[];
};

const ONCE = [
	'EXT-X-TARGETDURATION',
	'EXT-X-MEDIA-SEQUENCE',
	'EXT-X-DISCONTINUITY-SEQUENCE',
	'EXT-X-PLAYLIST-TYPE',
	'EXT-X-SERVER-CONTROL',
	'EXT-X-PART-INF',
	'EXT-X-SKIP',
];
const WHOLE = /^\d{1,20}$/;
const DECIMAL = /^\d+(\.\d+)?$/;

/** Reads a media playlist line by line (draft-pantos-hls-rfc8216bis section 4.4). What cannot be read is told. */
export function parseMediaPlaylist(text: string): MediaPlaylist {
	return new Reader(text).read();
}

type Draft = { -readonly [Key in keyof PlaylistSegment]: PlaylistSegment[Key] } & {
	parts: PlaylistPart[];
	/** EXTINF came. */
	timed: boolean;
	range: ByteRange | undefined;
};

class Reader {
	readonly #lines: string[];
	readonly #faults: string[] = [];
	readonly #values = new Map<string, string[]>();
	readonly #segments: PlaylistSegment[] = [];
	#draft: Draft | undefined;
	#sequence = 0;
	#map: Resource | undefined;
	#encrypted = false;
	#before: Resource | undefined;
	#lateDiscontinuitySequence = false;
	#hasByteRanges = false;

	constructor(text: string) {
		this.#lines = text.split(/\r?\n/);
	}

	read(): MediaPlaylist {
		for (const line of this.#lines) this.#line(line);
		if (this.#draft) {
			if (this.#draft.timed) this.#faults.push('the last EXTINF has no URI');
			if (this.#draft.parts.length > 0) this.#finish(undefined);
		}
		for (const tag of ONCE) if ((this.#values.get(tag)?.length ?? 0) > 1) this.#faults.push(`${tag} comes twice`);
		const first = this.#whole('EXT-X-MEDIA-SEQUENCE') ?? 0;
		const skip = this.#attributes('EXT-X-SKIP')[0];
		const skipped = skip ? this.#number('SKIPPED-SEGMENTS', skip['SKIPPED-SEGMENTS']) : undefined;
		const inf = this.#attributes('EXT-X-PART-INF')[0];
		const start = first + (skipped ?? 0);
		return {
			firstLine: this.#lines[0] ?? '',
			versions: (this.#values.get('EXT-X-VERSION') ?? []).map(Number),
			targetDuration: this.#values.get('EXT-X-TARGETDURATION')?.[0],
			mediaSequence: first,
			discontinuitySequence: this.#whole('EXT-X-DISCONTINUITY-SEQUENCE'),
			lateDiscontinuitySequence: this.#lateDiscontinuitySequence,
			type: this.#values.get('EXT-X-PLAYLIST-TYPE')?.[0],
			ended: this.#values.has('EXT-X-ENDLIST'),
			independent: this.#values.has('EXT-X-INDEPENDENT-SEGMENTS'),
			iFramesOnly: this.#values.has('EXT-X-I-FRAMES-ONLY'),
			hasByteRanges: this.#hasByteRanges,
			serverControl: this.#attributes('EXT-X-SERVER-CONTROL')[0],
			partTarget: inf ? this.#number('PART-TARGET', inf['PART-TARGET']) : undefined,
			skipped,
			segments: this.#segments.map((segment) => ({ ...segment, sequence: segment.sequence + start })),
			hints: this.#attributes('EXT-X-PRELOAD-HINT'),
			reports: this.#attributes('EXT-X-RENDITION-REPORT'),
			faults: this.#faults,
		};
	}

	#line(line: string): void {
		if (line === '') return;
		if (!line.startsWith('#')) {
			if (!this.#draft?.timed) this.#faults.push('a URI without EXTINF');
			this.#finish(line);
			return;
		}
		if (!line.startsWith('#EXT')) return;
		const colon = line.indexOf(':');
		const tag = line.slice(1, colon < 0 ? undefined : colon);
		const value = colon < 0 ? '' : line.slice(colon + 1);
		switch (tag) {
			case 'EXTINF': {
				const duration = value.split(',')[0] ?? '';
				if (!DECIMAL.test(duration)) this.#faults.push(`EXTINF:${duration} is no duration`);
				const draft = this.#open();
				draft.duration = Number(duration);
				draft.timed = true;
				return;
			}
			case 'EXT-X-BYTERANGE': {
				this.#hasByteRanges = true;
				this.#open().range = parseByteRange(value);
				return;
			}
			case 'EXT-X-DISCONTINUITY':
				this.#head().discontinuity = true;
				return;
			case 'EXT-X-GAP':
				this.#open().gap = true;
				return;
			case 'EXT-X-PROGRAM-DATE-TIME':
				this.#head().date = value;
				return;
			case 'EXT-X-KEY':
				this.#encrypted = this.#read(tag, value).METHOD !== 'NONE';
				if (this.#draft) this.#draft.encrypted = this.#encrypted;
				return;
			case 'EXT-X-MAP': {
				this.#map = this.#resource(this.#read(tag, value), undefined);
				this.#head().map = this.#map;
				return;
			}
			case 'EXT-X-PART':
				this.#part(this.#read(tag, value));
				return;
			case 'EXT-X-DISCONTINUITY-SEQUENCE':
				this.#lateDiscontinuitySequence ||= this.#segments.length > 0 || this.#draft !== undefined;
		}
		const values = this.#values.get(tag);
		if (values) values.push(value);
		else this.#values.set(tag, [value]);
	}

	#part(attributes: Attributes): void {
		const draft = this.#open();
		const resource = this.#resource(attributes, draft.parts.at(-1));
		if (!resource) return;
		draft.parts.push({
			...resource,
			duration: this.#number('DURATION of EXT-X-PART', attributes.DURATION),
			independent: attributes.INDEPENDENT === 'YES',
			gap: attributes.GAP === 'YES',
		});
	}

	#resource(attributes: Attributes, before: Resource | undefined): Resource | undefined {
		const { URI: uri, BYTERANGE: text } = attributes;
		if (uri === undefined) {
			this.#faults.push('a URI attribute is missing');
			return undefined;
		}
		if (text === undefined) return { uri };
		const range = parseByteRange(text, before?.uri === uri ? before.range : undefined);
		if (!range) this.#faults.push(`BYTERANGE=${text} cannot be read`);
		return range ? { uri, range } : { uri };
	}

	/** The segment whose lines these are. */
	#open(): Draft {
		this.#draft ??= {
			sequence: this.#sequence++,
			resource: undefined,
			duration: 0,
			discontinuity: false,
			map: this.#map,
			date: undefined,
			gap: false,
			encrypted: this.#encrypted,
			parts: [],
			lateHead: false,
			timed: false,
			range: undefined,
		};
		return this.#draft;
	}

	/** The segment that begins with this line. */
	#head(): Draft {
		const draft = this.#open();
		if (draft.parts.length > 0) draft.lateHead = true;
		return draft;
	}

	#finish(uri: string | undefined): void {
		const { timed, range, ...segment } = this.#open();
		this.#draft = undefined;
		if (uri === undefined) {
			const duration = segment.parts.reduce((sum, part) => sum + part.duration, 0);
			this.#segments.push({ ...segment, duration });
			return;
		}
		const from = range && (range.offset ?? (this.#before?.uri === uri ? endOf(this.#before.range) : undefined) ?? 0);
		const resource = range ? { uri, range: { length: range.length, offset: from ?? 0 } } : { uri };
		this.#before = resource;
		this.#segments.push({ ...segment, resource });
	}

	#attributes(tag: string): Attributes[] {
		return (this.#values.get(tag) ?? []).map((value) => this.#read(tag, value));
	}

	#read(tag: string, value: string): Attributes {
		const attributes = parseAttributes(value);
		if (!attributes) this.#faults.push(`the attributes of ${tag} cannot be read`);
		return attributes ?? {};
	}

	#whole(tag: string): number | undefined {
		const value = this.#values.get(tag)?.[0];
		if (value === undefined) return undefined;
		if (!WHOLE.test(value)) this.#faults.push(`${tag}:${value} is no whole number`);
		return Number(value);
	}

	#number(name: string, text: string | undefined): number {
		if (text === undefined || !DECIMAL.test(text)) this.#faults.push(`${name} is no number`);
		return Number(text);
	}
}

function endOf(range: ByteRange | undefined): number | undefined {
	return range?.offset === undefined ? undefined : range.offset + range.length;
}
