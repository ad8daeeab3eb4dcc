import type { BitReader } from '../bytes/bit-reader.ts';

const EXTENDED_SAR = 255;

/** What is read of the video usability information (ITU-T H.265 annex E). */
export type HevcVui = {
	/** Frames per second. */
	readonly frameRate?: number;
	/** transfer_characteristics (table E.4) */
	readonly transfer?: number;
};

/** Reads the VUI (ITU-T H.265 section E.2.1) as far as its timing; what was cut off is left out. */
export function readHevcVui(reader: BitReader): HevcVui {
	let transfer: number | undefined;
	if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
	if (reader.flag()) reader.skip(1); // overscan_appropriate_flag
	if (reader.flag()) {
		reader.skip(4); // video_format, video_full_range_flag
		if (reader.flag()) {
			reader.skip(8); // colour_primaries
			transfer = reader.bits(8);
			reader.skip(8); // matrix_coeffs
		}
	}
	if (reader.exhausted) return {};
	const colour = transfer === undefined ? {} : { transfer };
	if (reader.flag()) {
		reader.ue(); // chroma_sample_loc_type_top_field
		reader.ue(); // chroma_sample_loc_type_bottom_field
	}
	reader.skip(1); // neutral_chroma_indication_flag
	const fields = reader.flag();
	reader.skip(1); // frame_field_info_present_flag
	if (reader.flag()) {
		for (let side = 0; side < 4; side++) reader.ue(); // default display window
	}
	if (!reader.flag()) return colour;
	const unitsInTick = reader.bits(32);
	const timeScale = reader.bits(32);
	if (reader.exhausted || unitsInTick === 0 || timeScale === 0) return colour;
	return { ...colour, frameRate: timeScale / unitsInTick / (fields ? 2 : 1) };
}
