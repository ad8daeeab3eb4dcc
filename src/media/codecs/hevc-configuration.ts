import { writeUint16, writeUint32 } from '../bytes/big-endian.ts';
import { HEVC_NAL, hevcNalType } from './h265.ts';
import { readHevcSps } from './h265-sps.ts';

const VERSION = 1;
const HEADER = 23;
const ARRAY_HEADER = 3;
/** The parameter sets stand here and nowhere else. */
const COMPLETE = 0x80;
/** Four bytes of length before each NAL unit. */
const LENGTH_SIZE_MINUS_ONE = 3;

/**
 * The HEVCDecoderConfigurationRecord (`hvcC`, ISO/IEC 14496-15 section 8.3.3.1) for samples with four-byte
 * lengths.
 *
 * @param sets video, sequence and picture parameter sets; other NAL units are left out
 * @returns undefined when there is no SPS that can be read
 */
export function buildHevcConfiguration(sets: readonly Uint8Array[]): Uint8Array | undefined {
	const ofType = (type: number) => sets.filter((nalu) => hevcNalType(nalu) === type);
	const sps = ofType(HEVC_NAL.sps);
	const facts = sps[0] && readHevcSps(sps[0]);
	if (!facts) return undefined;
	const arrays = [ofType(HEVC_NAL.vps), sps, ofType(HEVC_NAL.pps)].filter((nalus) => nalus.length > 0);
	let size = HEADER;
	for (const nalus of arrays) {
		size += ARRAY_HEADER;
		for (const nalu of nalus) size += 2 + nalu.length;
	}
	const { general } = facts;
	const record = new Uint8Array(size);
	record[0] = VERSION;
	record[1] = (general.profileSpace << 6) | (general.tier === 'high' ? 0x20 : 0) | general.profileIdc;
	writeUint32(record, 2, general.compatibility);
	record.set(general.constraints, 6);
	record[12] = general.levelIdc;
	writeUint16(record, 13, 0xf000); // min_spatial_segmentation_idc: not known
	record[15] = 0xfc; // parallelismType: not known
	record[16] = 0xfc | facts.chromaFormat;
	record[17] = 0xf8 | (facts.lumaDepth - 8);
	record[18] = 0xf8 | (facts.chromaDepth - 8);
	writeUint16(record, 19, 0); // avgFrameRate: not said
	record[21] = (facts.subLayers << 3) | (facts.temporalNesting ? 4 : 0) | LENGTH_SIZE_MINUS_ONE;
	record[22] = arrays.length;
	let at = HEADER;
	for (const nalus of arrays) {
		record[at] = COMPLETE | hevcNalType(nalus[0] as Uint8Array);
		writeUint16(record, at + 1, nalus.length);
		at += ARRAY_HEADER;
		for (const nalu of nalus) {
			writeUint16(record, at, nalu.length);
			record.set(nalu, at + 2);
			at += 2 + nalu.length;
		}
	}
	return record;
}
