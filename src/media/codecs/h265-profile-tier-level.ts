import type { BitReader } from '../bytes/bit-reader.ts';

/** profile_tier_level() of ITU-T H.265 section 7.3.3, the general part. */
export type ProfileTierLevel = {
	/** 0 … 3 */
	readonly profileSpace: number;
	readonly tier: 'main' | 'high';
	/** 1 Main, 2 Main 10, 3 Main Still Picture, 4 range extensions, … */
	readonly profileIdc: number;
	/** general_profile_compatibility_flags, the flag of profile 0 in the top bit; 32 bits. */
	readonly compatibility: number;
	/** The six bytes from general_progressive_source_flag on. */
	readonly constraints: readonly number[];
	/** 30 times the level. */
	readonly levelIdc: number;
};

const CONSTRAINT_BYTES = 6;
/** Bits of a sub-layer's profile and of its level. */
const SUB_LAYER_PROFILE = 88;
const SUB_LAYER_LEVEL = 8;
const MAX_SUB_LAYERS = 8;

/** @param subLayers sps_max_sub_layers_minus1, 0 … 6 */
export function readProfileTierLevel(reader: BitReader, subLayers: number): ProfileTierLevel {
	const profileSpace = reader.bits(2);
	const tier = reader.flag() ? 'high' : 'main';
	const profileIdc = reader.bits(5);
	const compatibility = reader.bits(32);
	const constraints: number[] = [];
	for (let byte = 0; byte < CONSTRAINT_BYTES; byte++) constraints.push(reader.bits(8));
	const levelIdc = reader.bits(8);
	let skipped = 0;
	for (let layer = 0; layer < subLayers; layer++) {
		if (reader.flag()) skipped += SUB_LAYER_PROFILE;
		if (reader.flag()) skipped += SUB_LAYER_LEVEL;
	}
	if (subLayers > 0) reader.skip(2 * (MAX_SUB_LAYERS - subLayers));
	reader.skip(skipped);
	return { profileSpace, tier, profileIdc, compatibility, constraints, levelIdc };
}

/** `hvc1.…` of ISO/IEC 14496-15 annex E.3. */
export function hevcCodecs(general: ProfileTierLevel): string {
	const space = ['', 'A', 'B', 'C'][general.profileSpace] ?? '';
	const tier = general.tier === 'high' ? 'H' : 'L';
	const constraints = [...general.constraints];
	while (constraints.at(-1) === 0) constraints.pop();
	const bytes = constraints.map((byte) => `.${byte.toString(16).toUpperCase()}`).join('');
	const compatibility = reverseBits(general.compatibility).toString(16).toUpperCase();
	return `hvc1.${space}${general.profileIdc}.${compatibility}.${tier}${general.levelIdc}${bytes}`;
}

function reverseBits(value: number): number {
	let reversed = 0;
	for (let bit = 0; bit < 32; bit++) reversed = ((reversed << 1) | ((value >>> bit) & 1)) >>> 0;
	return reversed;
}
