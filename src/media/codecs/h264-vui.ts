import type { BitReader } from '../bytes/bit-reader.ts';

/** What is read of the video usability information (ITU-T H.264 annex E). */
export type Vui = {
	/** Frames per second. */
	readonly frameRate?: number;
	/** transfer_characteristics (table E-5) */
	readonly transfer?: number;
	/** max_num_reorder_frames, 0 … 16 */
	readonly reorderFrames?: number;
};

const EXTENDED_SAR = 255;

/**
 * Reads the VUI (ITU-T H.264 section E.1.1). What a camera cut off or filled with values outside the standard is
 * left out: the fields before it are good.
 */
export function readVui(reader: BitReader): Vui {
	let transfer: number | undefined;
	if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
	if (reader.flag()) reader.skip(1); // overscan_appropriate_flag
	if (reader.flag()) {
		reader.skip(4); // video_format, video_full_range_flag
		if (reader.flag()) {
			reader.skip(8); // colour_primaries
			transfer = reader.bits(8);
			reader.skip(8); // matrix_coefficients
		}
	}
	if (reader.flag()) {
		reader.ue(); // chroma_sample_loc_type_top_field
		reader.ue(); // chroma_sample_loc_type_bottom_field
	}
	const frameRate = reader.flag() ? readFrameRate(reader) : undefined;
	if (reader.exhausted) return {};
	const timing = { ...(frameRate !== undefined && { frameRate }), ...(transfer !== undefined && { transfer }) };
	const reorderFrames = readReorderFrames(reader);
	if (reader.exhausted || reorderFrames === undefined || reorderFrames > 16) return timing;
	return { ...timing, reorderFrames };
}

function readFrameRate(reader: BitReader): number | undefined {
	const unitsInTick = reader.bits(32);
	const timeScale = reader.bits(32);
	reader.skip(1); // fixed_frame_rate_flag
	return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined;
}

function readReorderFrames(reader: BitReader): number | undefined {
	const nal = reader.flag();
	if (nal && !skipHrd(reader)) return undefined;
	const vcl = reader.flag();
	if (vcl && !skipHrd(reader)) return undefined;
	if (nal || vcl) reader.skip(1); // low_delay_hrd_flag
	reader.skip(1); // pic_struct_present_flag
	if (!reader.flag()) return undefined;
	reader.skip(1); // motion_vectors_over_pic_boundaries_flag
	for (let field = 0; field < 4; field++) reader.ue(); // sizes of pictures, macroblocks and motion vectors
	return reader.ue();
}

/** ITU-T H.264 section E.1.2. */
function skipHrd(reader: BitReader): boolean {
	const buffers = reader.ue() + 1;
	if (buffers > 32) return false;
	reader.skip(8); // bit_rate_scale, cpb_size_scale
	for (let buffer = 0; buffer < buffers; buffer++) {
		reader.ue(); // bit_rate_value_minus1
		reader.ue(); // cpb_size_value_minus1
		reader.skip(1); // cbr_flag
	}
	reader.skip(20); // delay and offset lengths
	return true;
}
