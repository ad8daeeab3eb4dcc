import { ascii, box, fullBox, uint16, uint32 } from './box.ts';

/** One track of a fragmented file. */
export type CmafTrack = {
	readonly kind: 'video' | 'audio';
	/** From 1 on; different for each track. */
	readonly id: number;
	/** Ticks a second. */
	readonly timescale: number;
	/** From `sample-entry.ts`. */
	readonly sampleEntry: Uint8Array;
	/** Pixels; 0 for audio. */
	readonly width: number;
	readonly height: number;
};

const MOVIE_TIMESCALE = 1000;
const UNITY_MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const ENABLED_IN_MOVIE = 3;
const SELF_CONTAINED = 1;
const LANGUAGE_UNDETERMINED = 0x55c4;
const HANDLER = { video: 'vide', audio: 'soun' } as const;
const HANDLER_NAME = { video: 'Video', audio: 'Audio' } as const;
const VOLUME = { video: 0, audio: 0x0100 } as const;

/** The header of a fragmented file, which has no samples of its own (ISO/IEC 14496-12 section 8.2, 8.8). */
export function writeInitSegment(tracks: readonly CmafTrack[]): Uint8Array {
	const fileType = box('ftyp', ascii('iso6'), uint32(0), ascii('iso6cmfcmp41'));
	const extends_ = box('mvex', ...tracks.map(({ id }) => fullBox('trex', 0, 0, uint32(id, 1, 0, 0, 0))));
	const movie = box('moov', movieHeader(tracks.length + 1), ...tracks.map(track), extends_);
	return Buffer.concat([fileType, movie]);
}

function movieHeader(nextTrackId: number): Uint8Array {
	const rate = uint32(0, 0, MOVIE_TIMESCALE, 0, 0x10000);
	const volume = uint16(0x0100, 0, 0, 0, 0, 0);
	return fullBox('mvhd', 0, 0, rate, volume, UNITY_MATRIX, new Uint8Array(24), uint32(nextTrackId));
}

function track(of: CmafTrack): Uint8Array {
	const { id, kind, width, height, timescale, sampleEntry } = of;
	const times = uint32(0, 0, id, 0, 0, 0, 0);
	const place = uint16(0, 0, VOLUME[kind], 0);
	const size = uint32(width * 0x10000, height * 0x10000);
	const header = fullBox('tkhd', 0, ENABLED_IN_MOVIE, times, place, UNITY_MATRIX, size);
	const mediaHeader = fullBox('mdhd', 0, 0, uint32(0, 0, timescale, 0), uint16(LANGUAGE_UNDETERMINED, 0));
	const name = ascii(`${HANDLER_NAME[kind]}\0`);
	const handler = fullBox('hdlr', 0, 0, uint32(0), ascii(HANDLER[kind]), uint32(0, 0, 0), name);
	const kindHeader = kind === 'video' ? fullBox('vmhd', 0, 1, uint16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, uint16(0, 0));
	const reference = box('dinf', fullBox('dref', 0, 0, uint32(1), fullBox('url ', 0, SELF_CONTAINED)));
	const media = box('minf', kindHeader, reference, sampleTable(sampleEntry));
	return box('trak', header, box('mdia', mediaHeader, handler, media));
}

function sampleTable(sampleEntry: Uint8Array): Uint8Array {
	const none = uint32(0);
	return box(
		'stbl',
		fullBox('stsd', 0, 0, uint32(1), sampleEntry),
		fullBox('stts', 0, 0, none),
		fullBox('stsc', 0, 0, none),
		fullBox('stsz', 0, 0, none, none),
		fullBox('stco', 0, 0, none),
	);
}
