import { writeUint32 } from '../../media/big-endian.ts';
import { writeType } from './box.ts';

/** One sample of a track, in ticks of the track's timescale. */
export type Sample = {
	/** What it is made of, in order: NAL units without length, or one audio frame. The bytes are only read. */
	readonly content: readonly Uint8Array[];
	/** Bytes it takes in the file. */
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
	/** NAL units get their length in four bytes before them. */
	readonly video: boolean;
	/** Decoding time of the first sample; below 2^53. */
	readonly decodeTime: number;
	readonly samples: readonly Sample[];
};

const MFHD = 16;
const TFHD = 16;
const TFDT = 20;
const TRUN = 20;
const TRAF = 8 + TFHD + TFDT + TRUN;
const MOOF = 8 + MFHD;
const SAMPLE = { video: 16, audio: 8 } as const;
const NALU_LENGTH = 4;

const DEFAULT_BASE_IS_MOOF = 0x020000;
const DATA_OFFSET_DURATION_SIZE = 0x000301;
const FLAGS_AND_OFFSET = 0x000c00;
const DEPENDS_ON_NOTHING = 0x02000000;
const NOT_SYNC = 0x01010000;

/** Bytes of a sample of these NAL units. */
export function sizeOfNalus(nalus: readonly Uint8Array[]): number {
	let size = NALU_LENGTH * nalus.length;
	for (const nalu of nalus) size += nalu.length;
	return size;
}

/**
 * A movie fragment and its media data (ISO/IEC 14496-12 sections 8.8.4 to 8.8.8), in one allocation.
 *
 * @param sequence counts fragments up
 */
export function writeFragment(sequence: number, runs: readonly TrackRun[]): Uint8Array {
	let moof = MOOF;
	let mdat = 8;
	for (const { video, samples } of runs) {
		moof += TRAF + samples.length * (video ? SAMPLE.video : SAMPLE.audio);
		for (const { size } of samples) mdat += size;
	}
	const out = Buffer.allocUnsafeSlow(moof + mdat);
	writeBox(out, 0, moof, 'moof');
	writeFullBox(out, 8, MFHD, 'mfhd', 0);
	writeUint32(out, 20, sequence);
	let at = MOOF;
	let data = moof + 8;
	for (const run of runs) {
		at = writeTrackFragment(out, at, run, data);
		data = writeSamples(out, data, run);
	}
	writeBox(out, moof, mdat, 'mdat');
	return out;
}

/** @returns where it ends */
function writeTrackFragment(out: Uint8Array, start: number, run: TrackRun, dataOffset: number): number {
	const { trackId, video, decodeTime, samples } = run;
	const table = samples.length * (video ? SAMPLE.video : SAMPLE.audio);
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

/** @returns where they end */
function writeSamples(out: Uint8Array, start: number, { video, samples }: TrackRun): number {
	let at = start;
	for (const { content } of samples) {
		for (const bytes of content) {
			if (video) {
				writeUint32(out, at, bytes.length);
				at += NALU_LENGTH;
			}
			out.set(bytes, at);
			at += bytes.length;
		}
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
