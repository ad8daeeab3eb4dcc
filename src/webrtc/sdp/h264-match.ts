import type { VideoFacts } from '../../media/track.ts';
import type { OfferedCodec } from './offered-section.ts';

/** Profiles that differ for a decoder (RFC 6184 table 5, RFC 7742 section 6.2); others go by their number. */
type Profile = 'constrained-baseline' | 'baseline' | 'main' | 'high' | `${number}`;

/** `profile-level-id` when the parameter is missing (RFC 6184 section 8.1). */
const DEFAULT_PROFILE_LEVEL_ID = '42000a';

/**
 * Browsers decode more than they name: what is in the stream counts, not its label. A stream without B-frames is
 * handed over under the first of these that is offered, when its own profile is not.
 */
const STAND_INS: readonly Profile[] = ['constrained-baseline', 'baseline', 'main', 'high'];

/**
 * Picks the offered H.264 payload type for a stream, out of those with packetization mode 1.
 *
 * @param facts undefined takes the stream for Constrained Baseline
 * @returns undefined when none fits
 */
export function matchH264(codecs: readonly OfferedCodec[], facts: VideoFacts | undefined): OfferedCodec | undefined {
	const offered = new Map<Profile, OfferedCodec>();
	for (const codec of codecs) {
		if (codec.name !== 'h264' || codec.clockRate !== 90_000) continue;
		if (codec.parameters.get('packetization-mode') !== '1') continue;
		const id = codec.parameters.get('profile-level-id') ?? DEFAULT_PROFILE_LEVEL_ID;
		if (!/^[0-9a-f]{6}$/i.test(id)) continue;
		const bits = Number.parseInt(id, 16);
		const profile = profileOf(bits >> 16, (bits >> 8) & 0xff);
		if (!offered.has(profile)) offered.set(profile, codec);
	}
	const wanted = facts ? profileOf(facts.profileIdc, facts.constraints ?? 0) : 'constrained-baseline';
	const exact = offered.get(wanted);
	if (exact || !STAND_INS.includes(wanted)) return exact;
	const standIn = STAND_INS.find((profile) => offered.has(profile));
	return standIn && offered.get(standIn);
}

/** @param constraints constraint_set flags, the first one in the top bit */
function profileOf(profileIdc: number, constraints: number): Profile {
	switch (profileIdc) {
		case 66:
			return constraints & 0x40 ? 'constrained-baseline' : 'baseline';
		case 77:
			return constraints & 0x80 ? 'constrained-baseline' : 'main';
		case 100:
			return 'high';
		default:
			return `${profileIdc}`;
	}
}
