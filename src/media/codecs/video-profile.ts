import type { VideoTrack } from '../track.ts';

/** Names of what a decoder must be able to do. */
export type VideoProfile = {
	/** As `High` or `Main 10`; the number where the standard's name is not known here. */
	readonly profile: string;
	/** As `3.1`. */
	readonly level: string;
	readonly tier?: 'main' | 'high';
};

const H264_PROFILES: ReadonlyMap<number, string> = new Map([
	[66, 'Baseline'],
	[77, 'Main'],
	[88, 'Extended'],
	[100, 'High'],
	[110, 'High 10'],
	[122, 'High 4:2:2'],
	[244, 'High 4:4:4 Predictive'],
]);

const H265_PROFILES: ReadonlyMap<number, string> = new Map([
	[1, 'Main'],
	[2, 'Main 10'],
	[3, 'Main Still Picture'],
	[4, 'Range Extensions'],
	[9, 'Screen Content'],
]);

/** constraint_set1_flag makes Baseline Constrained Baseline (ITU-T H.264 section A.2.1.1). */
const CONSTRAINT_SET_1 = 0x40;
/** constraint_set3_flag makes level 11 level 1b (ITU-T H.264 section A.3.1). */
const CONSTRAINT_SET_3 = 0x10;

/** @returns undefined while the track's SPS is not known */
export function videoProfile(track: VideoTrack): VideoProfile | undefined {
	const { codec, facts } = track;
	if (!facts) return undefined;
	const { profileIdc, levelIdc, constraints = 0, tier } = facts;
	if (codec === 'h265') {
		const profile = H265_PROFILES.get(profileIdc) ?? String(profileIdc);
		return { profile, level: levelName(levelIdc / 3), ...(tier && { tier }) };
	}
	const constrained = profileIdc === 66 && (constraints & CONSTRAINT_SET_1) !== 0;
	const name = H264_PROFILES.get(profileIdc) ?? String(profileIdc);
	const is1b = levelIdc === 9 || (levelIdc === 11 && profileIdc < 100 && (constraints & CONSTRAINT_SET_3) !== 0);
	return { profile: constrained ? `Constrained ${name}` : name, level: is1b ? '1b' : levelName(levelIdc) };
}

/** Whether pictures come in another order than they are shown in; undefined where the SPS does not say. */
export function hasBFrames(track: VideoTrack): boolean | undefined {
	const frames = track.facts?.reorderFrames;
	return frames === undefined ? undefined : frames > 0;
}

function levelName(tenths: number): string {
	return (tenths / 10).toFixed(1).replace(/\.0$/, '');
}
