import { BitReader } from '../bytes/bit-reader.ts';
import type { VideoFacts } from '../track.ts';
import { videoRange } from '../video-range.ts';
import { avcCodecs, NAL, nalType, removeEmulationPrevention } from './h264.ts';
import { readVui, type Vui } from './h264-vui.ts';

/** Bytes of a sequence parameter set that are looked at. */
const MAX_SPS = 1024;
/** Pixels in one direction; level 6.2 allows 16,880. */
const MAX_SIDE = 16_880;
/** Frames per second that a stream may claim. */
const MAX_FRAME_RATE = 300;
/** Profiles whose parameter sets carry the chroma format (ITU-T H.264 section 7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** The fields of a sequence parameter set that the project uses. */
export type SequenceParameterSet = {
	readonly profileIdc: number;
	readonly constraints: number;
	readonly levelIdc: number;
	/** `undefined` for profiles that are always 4:2:0 with 8 bits. */
	readonly chroma: Chroma | undefined;
	readonly pictureOrderCountType: number;
	/** Pixels, after cropping. */
	readonly width: number;
	readonly height: number;
	readonly vui: Vui;
};

/** Chroma format and sample depths of the High profiles. */
export type Chroma = {
	/** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4 */
	readonly format: number;
	/** Three independent colour planes. */
	readonly separatePlanes: boolean;
	/** 8 … 14 */
	readonly lumaDepth: number;
	readonly chromaDepth: number;
};

/**
 * Reads a sequence parameter set (ITU-T H.264 section 7.3.2.1.1).
 *
 * @param nalu with its NAL header, without start code
 * @returns undefined when it is no SPS, is cut short, or holds values outside the standard
 */
export function parseSps(nalu: Uint8Array): VideoFacts | undefined {
	const sps = readSps(nalu);
	if (!sps) return undefined;
	const { width, height, profileIdc, constraints, levelIdc, vui } = sps;
	// Baseline has no B slices, and picture order count type 2 means output order is decoding order.
	const inOrder = profileIdc === 66 || sps.pictureOrderCountType === 2;
	const reorderFrames = inOrder ? 0 : vui.reorderFrames;
	const range = videoRange(vui.transfer);
	const frameRate = vui.frameRate !== undefined && vui.frameRate <= MAX_FRAME_RATE ? vui.frameRate : undefined;
	return {
		width,
		height,
		...(frameRate !== undefined && { frameRate }),
		profileIdc,
		constraints,
		levelIdc,
		...(range && { range }),
		codecs: avcCodecs(profileIdc, constraints, levelIdc),
		...(reorderFrames !== undefined && { reorderFrames }),
	};
}

/** Like `parseSps`, as the fields stand. */
export function readSps(nalu: Uint8Array): SequenceParameterSet | undefined {
	if (nalu.length < 5 || nalType(nalu) !== NAL.sps) return undefined;
	const reader = new BitReader(removeEmulationPrevention(nalu.subarray(1, MAX_SPS)));
	const profileIdc = reader.bits(8);
	const constraints = reader.bits(8);
	const levelIdc = reader.bits(8);
	const id = reader.ue();
	const chroma = HIGH_PROFILES.has(profileIdc) ? readChroma(reader) : undefined;
	const frameNumber = reader.ue();
	const pictureOrderCountType = reader.ue();
	if (!skipPictureOrderCount(reader, pictureOrderCountType)) return undefined;
	reader.ue(); // max_num_ref_frames
	reader.skip(1); // gaps_in_frame_num_value_allowed_flag
	const size = readPictureSize(reader, chroma);
	if (reader.exhausted || id > 31 || frameNumber > 12 || !size) return undefined;
	if (chroma && (chroma.format > 3 || chroma.lumaDepth > 14 || chroma.chromaDepth > 14)) return undefined;
	const vui = reader.flag() ? readVui(reader) : {};
	return { profileIdc, constraints, levelIdc, chroma, pictureOrderCountType, ...size, vui };
}

function readChroma(reader: BitReader): Chroma {
	const format = reader.ue();
	const separatePlanes = format === 3 && reader.flag();
	const lumaDepth = 8 + reader.ue();
	const chromaDepth = 8 + reader.ue();
	reader.skip(1); // qpprime_y_zero_transform_bypass_flag
	if (reader.flag()) {
		const lists = format === 3 ? 12 : 8;
		for (let list = 0; list < lists; list++) {
			if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
		}
	}
	return { format, separatePlanes, lumaDepth, chromaDepth };
}

/** ITU-T H.264 section 7.3.2.1.1.1 */
function skipScalingList(reader: BitReader, size: number): void {
	let last = 8;
	let next = 8;
	for (let index = 0; index < size; index++) {
		if (next !== 0) next = (last + reader.se() + 256) & 0xff;
		last = next === 0 ? last : next;
	}
}

function skipPictureOrderCount(reader: BitReader, type: number): boolean {
	if (type === 0) {
		reader.ue(); // log2_max_pic_order_cnt_lsb_minus4
	} else if (type === 1) {
		reader.skip(1); // delta_pic_order_always_zero_flag
		reader.se(); // offset_for_non_ref_pic
		reader.se(); // offset_for_top_to_bottom_field
		const count = reader.ue();
		if (count > 255) return false;
		for (let index = 0; index < count; index++) reader.se();
	}
	return type <= 2;
}

function readPictureSize(reader: BitReader, chroma: Chroma | undefined): { width: number; height: number } | undefined {
	const widthInMacroblocks = reader.ue() + 1;
	const heightInMapUnits = reader.ue() + 1;
	const framesOnly = reader.flag();
	if (!framesOnly) reader.skip(1); // mb_adaptive_frame_field_flag
	reader.skip(1); // direct_8x8_inference_flag
	const fieldFactor = framesOnly ? 1 : 2;
	let width = widthInMacroblocks * 16;
	let height = heightInMapUnits * 16 * fieldFactor;
	if (reader.flag()) {
		const format = chroma ? (chroma.separatePlanes ? 0 : chroma.format) : 1;
		const unitX = format === 1 || format === 2 ? 2 : 1;
		const unitY = (format === 1 ? 2 : 1) * fieldFactor;
		width -= (reader.ue() + reader.ue()) * unitX;
		height -= (reader.ue() + reader.ue()) * unitY;
	}
	const possible = width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE;
	return possible ? { width, height } : undefined;
}
