import type { BitReader } from '../bytes/bit-reader.ts';

/** num_short_term_ref_pic_sets (ITU-T H.265 section 7.4.3.2.1). */
const MAX_SETS = 64;
/** Pictures of one set: the largest decoded picture buffer. */
const MAX_PICTURES = 16;

/**
 * Passes over the scaling lists of a parameter set (ITU-T H.265 section 7.3.4).
 */
export function skipScalingLists(reader: BitReader): void {
	for (let size = 0; size < 4; size++) {
		for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
			if (!reader.flag()) {
				reader.ue(); // scaling_list_pred_matrix_id_delta
				continue;
			}
			if (size > 1) reader.se(); // scaling_list_dc_coef_minus8
			const coefficients = Math.min(64, 1 << (4 + (size << 1)));
			for (let index = 0; index < coefficients; index++) reader.se();
		}
	}
}

/**
 * Passes over the short-term reference picture sets of an SPS (ITU-T H.265 section 7.3.7).
 *
 * @returns false when they break the standard
 */
export function skipReferenceSets(reader: BitReader): boolean {
	const count = reader.ue();
	if (count > MAX_SETS) return false;
	let pictures = 0;
	for (let index = 0; index < count; index++) {
		pictures = index > 0 && reader.flag() ? skipPredictedSet(reader, pictures) : skipSet(reader);
		if (pictures > MAX_PICTURES || reader.exhausted) return false;
	}
	return true;
}

/** @returns pictures of the set */
function skipPredictedSet(reader: BitReader, before: number): number {
	reader.skip(1); // delta_rps_sign
	reader.ue(); // abs_delta_rps_minus1
	let pictures = 0;
	for (let index = 0; index <= before; index++) {
		// used_by_curr_pic_flag, use_delta_flag
		if (reader.flag() || reader.flag()) pictures += 1;
	}
	return pictures;
}

function skipSet(reader: BitReader): number {
	const pictures = reader.ue() + reader.ue();
	if (pictures > MAX_PICTURES) return pictures;
	for (let index = 0; index < pictures; index++) {
		reader.ue(); // delta_poc_minus1
		reader.skip(1); // used_by_curr_pic_flag
	}
	return pictures;
}
