import { writeUint32 } from '../../media/bytes/big-endian.ts';
import { writeType } from './box.ts';

/** One sample of a track, in ticks of the track's timescale. */
export type Sample = {
	/** Bytes. */
	readonly size: number;
	/** From its decoding time to the next sample's. */
	readonly duration: number;
	/** From its decoding to its presentation time; may be negative. */
	readonly offset: number;
	/** Decoding can start here. */
	readonly sync: boolean;
};

/** The samples of one track in a fragment; at least one. */
export type TrackRun = {
	readonly trackId: number;
	readonly video: boolean;
	/** Decoding time of the first sample; below 2^53. */
	readonly decodeTime: number;
	readonly samples: readonly Sample[];
	/** Their bytes, one after the other. */
	readonly data: Uint8Array;
};

const MFHD = 16;
const TFHD = 16;
const TFDT = 20;
const TRUN = 20;
const TRAF = 8 + TFHD + TFDT + TRUN;
const MOOF = 8 + MFHD;
const MDAT = 8;
const SAMPLE = { video: 16, audio: 8 } as const;

const DEFAULT_BASE_IS_MOOF = 0x020000;
const DATA_OFFSET_DURATION_SIZE = 0x000301;
const FLAGS_AND_OFFSET = 0x000c00;
const DEPENDS_ON_NOTHING = 0x02000000;
const NOT_SYNC = 0x01010000;

/** Bytes of the fragment that `writeFragment` makes of these. */
export function fragmentLength(runs: readonly TrackRun[]): number {
	let length = moofLength(runs) + MDAT;
	for (const { data } of runs) length += data.length;
	return length;
}

/**
 * Writes a movie fragment and its media data (ISO/IEC 14496-12 sections 8.8.4 to 8.8.8).
 *
 * @param sequence counts fragments up
 */
export function writeFragment(out: Uint8Array, start: number, sequence: number, runs: readonly TrackRun[]): void {
	const moof = moofLength(runs);
	writeBox(out, start, moof, 'moof');
	writeFullBox(out, start + 8, MFHD, 'mfhd', 0);
	writeUint32(out, start + 20, sequence);
	let at = start + MOOF;
	let offset = moof + MDAT;
	for (const run of runs) {
		at = writeTrackFragment(out, at, run, offset);
		out.set(run.data, start + offset);
		offset += run.data.length;
	}
	writeBox(out, start + moof, offset - moof, 'mdat');
}

function moofLength(runs: readonly TrackRun[]): number {
	let length = MOOF;
	for (const run of runs) length += TRAF + tableLength(run);
	return length;
}

function tableLength({ video, samples }: TrackRun): number {
	return samples.length * (video ? SAMPLE.video : SAMPLE.audio);
}

/** @returns where it ends */
function writeTrackFragment(out: Uint8Array, start: number, run: TrackRun, dataOffset: number): number {
	const { trackId, video, decodeTime, samples } = run;
	const table = tableLength(run);
	writeBox(out, start, TRAF + table, 'traf');
	let at = start + 8;
	writeFullBox(out, at, TFHD, 'tfhd', DEFAULT_BASE_IS_MOOF);
	writeUint32(out, at + 12, trackId);
	at += TFHD;
	writeFullBox(out, at, TFDT, 'tfdt', 0x01000000);
	writeUint32(out, at + 12, Math.floor(decodeTime / 2 ** 32));
	writeUint32(out, at + 16, decodeTime % 2 ** 32);
	at += TFDT;
	const flags = video ? DATA_OFFSET_DURATION_SIZE | FLAGS_AND_OFFSET : DATA_OFFSET_DURATION_SIZE;
	writeFullBox(out, at, TRUN + table, 'trun', 0x01000000 | flags);
	writeUint32(out, at + 12, samples.length);
	writeUint32(out, at + 16, dataOffset);
	at += TRUN;
	for (const { duration, size, sync, offset } of samples) {
		writeUint32(out, at, duration);
		writeUint32(out, at + 4, size);
		at += SAMPLE.audio;
		if (!video) continue;
		writeUint32(out, at, sync ? DEPENDS_ON_NOTHING : NOT_SYNC);
		writeUint32(out, at + 4, offset);
		at += SAMPLE.video - SAMPLE.audio;
	}
	return at;
}

function writeBox(out: Uint8Array, at: number, size: number, type: string): void {
	writeUint32(out, at, size);
	writeType(out, at + 4, type);
}

/** @param versionAndFlags version in the highest byte */
function writeFullBox(out: Uint8Array, at: number, size: number, type: string, versionAndFlags: number): void {
	writeBox(out, at, size, type);
	writeUint32(out, at + 8, versionAndFlags);
}
