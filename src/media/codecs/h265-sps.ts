import { BitReader } from '../bytes/bit-reader.ts';
import type { VideoFacts } from '../track.ts';
import { videoRange } from '../video-range.ts';
import { removeEmulationPrevention } from './h264.ts';
import { HEVC_NAL, HEVC_NAL_HEADER, hevcNalType } from './h265.ts';
import { hevcCodecs, type ProfileTierLevel, readProfileTierLevel } from './h265-profile-tier-level.ts';
import { skipReferenceSets, skipScalingLists } from './h265-reference-sets.ts';
import { type HevcVui, readHevcVui } from './h265-vui.ts';

/** Bytes of a sequence parameter set that are looked at. */
const MAX_SPS = 2048;
/** Pixels in one direction; level 6.2 allows 16,888. */
const MAX_SIDE = 16_888;
/** Frames per second that a stream may claim. */
const MAX_FRAME_RATE = 300;
const MAX_REORDER = 16;

/** The fields of an H.265 sequence parameter set that the project uses. */
export type HevcSequenceParameterSet = {
	readonly id: number;
	/** Temporal sub-layers, 1 … 7. */
	readonly subLayers: number;
	readonly temporalNesting: boolean;
	readonly general: ProfileTierLevel;
	/** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4 */
	readonly chromaFormat: number;
	/** 8 … 16 */
	readonly lumaDepth: number;
	readonly chromaDepth: number;
	/** Pixels, after cropping. */
	readonly width: number;
	readonly height: number;
	/** sps_max_num_reorder_pics of the highest sub-layer. */
	readonly reorderFrames: number;
	readonly frameRate: number | undefined;
	/** transfer_characteristics (table E.4); undefined where the stream does not say. */
	readonly transfer: number | undefined;
};

/**
 * Reads an H.265 sequence parameter set (ITU-T H.265 section 7.3.2.2.1).
 *
 * @param nalu with its NAL header, without start code
 * @returns undefined when it is no SPS, is cut short, or holds values outside the standard
 */
export function parseHevcSps(nalu: Uint8Array): VideoFacts | undefined {
	const sps = readHevcSps(nalu);
	if (!sps) return undefined;
	const { width, height, general, reorderFrames, frameRate } = sps;
	const range = videoRange(sps.transfer);
	return {
		width,
		height,
		...(frameRate !== undefined && { frameRate }),
		profileIdc: general.profileIdc,
		levelIdc: general.levelIdc,
		tier: general.tier,
		codecs: hevcCodecs(general),
		...(range && { range }),
		reorderFrames,
	};
}

/** Like `parseHevcSps`, as the fields stand. */
export function readHevcSps(nalu: Uint8Array): HevcSequenceParameterSet | undefined {
	if (nalu.length < HEVC_NAL_HEADER + 13 || hevcNalType(nalu) !== HEVC_NAL.sps) return undefined;
	const reader = new BitReader(removeEmulationPrevention(nalu.subarray(HEVC_NAL_HEADER, MAX_SPS)));
	reader.skip(4); // sps_video_parameter_set_id
	const subLayersMinus1 = reader.bits(3);
	const temporalNesting = reader.flag();
	if (subLayersMinus1 > 6) return undefined;
	const general = readProfileTierLevel(reader, subLayersMinus1);
	const id = reader.ue();
	const chromaFormat = reader.ue();
	const separatePlanes = chromaFormat === 3 && reader.flag();
	const size = readPictureSize(reader, separatePlanes ? 0 : chromaFormat);
	const lumaDepth = 8 + reader.ue();
	const chromaDepth = 8 + reader.ue();
	const orderBits = 4 + reader.ue();
	const reorderFrames = readReorderFrames(reader, subLayersMinus1);
	if (reader.exhausted || !size || id > 15 || chromaFormat > 3 || orderBits > 16) return undefined;
	if (lumaDepth > 16 || chromaDepth > 16 || reorderFrames > MAX_REORDER) return undefined;
	const { frameRate, transfer } = readVui(reader, orderBits);
	const plausible = frameRate !== undefined && frameRate <= MAX_FRAME_RATE ? frameRate : undefined;
	return {
		id,
		subLayers: subLayersMinus1 + 1,
		temporalNesting,
		general,
		chromaFormat,
		lumaDepth,
		chromaDepth,
		...size,
		reorderFrames,
		frameRate: plausible,
		transfer,
	};
}

function readPictureSize(reader: BitReader, chromaArray: number): { width: number; height: number } | undefined {
	let width = reader.ue();
	let height = reader.ue();
	if (reader.flag()) {
		width -= (reader.ue() + reader.ue()) * (chromaArray === 1 || chromaArray === 2 ? 2 : 1);
		height -= (reader.ue() + reader.ue()) * (chromaArray === 1 ? 2 : 1);
	}
	const possible = width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE;
	return possible ? { width, height } : undefined;
}

function readReorderFrames(reader: BitReader, subLayersMinus1: number): number {
	let reorderFrames = 0;
	for (let layer = reader.flag() ? 0 : subLayersMinus1; layer <= subLayersMinus1; layer++) {
		reader.ue(); // sps_max_dec_pic_buffering_minus1
		reorderFrames = reader.ue();
		reader.ue(); // sps_max_latency_increase_plus1
	}
	return reorderFrames;
}

/** What a camera cut off after the picture size costs the VUI alone. */
function readVui(reader: BitReader, orderBits: number): HevcVui {
	for (let field = 0; field < 6; field++) reader.ue(); // block sizes and transform depths
	if (reader.flag() && reader.flag()) skipScalingLists(reader);
	reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
	if (reader.flag()) {
		reader.skip(8); // pcm sample bit depths
		reader.ue();
		reader.ue();
		reader.skip(1);
	}
	if (!skipReferenceSets(reader)) return {};
	if (reader.flag()) {
		const pictures = reader.ue();
		if (pictures > 32) return {};
		reader.skip(pictures * (orderBits + 1));
	}
	reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
	return reader.flag() ? readHevcVui(reader) : {};
}
