import { readFmp4Segment } from './fmp4-reading.ts';
import type { MediaReading } from './media-reading.ts';
import { readTsSegment } from './ts-reading.ts';

const BOX_TYPES = /^(ftyp|styp|moov|moof|sidx|emsg|prft|free|mdat)$/;

/**
 * Reads a segment or a part by what it is.
 *
 * @param init bytes of its EXT-X-MAP
 * @throws Error when a reader gives up
 * @returns undefined for what is neither MPEG-TS nor fragmented MP4
 */
export function readSegment(bytes: Uint8Array, init: Uint8Array | undefined): MediaReading | undefined {
	if (bytes[0] === 0x47) return readTsSegment(bytes);
	if (isFmp4(bytes)) return readFmp4Segment(init ?? new Uint8Array(0), bytes);
	return undefined;
}

/** Whether bytes begin with a box (ISO/IEC 14496-12 section 4.2). */
export function isFmp4(bytes: Uint8Array): boolean {
	return BOX_TYPES.test(Buffer.from(bytes.subarray(4, 8)).toString('latin1'));
}
