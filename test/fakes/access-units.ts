import type { AacTrack, OpusTrack, VideoTrack } from '../../src/media/track.ts';
import type { AudioUnit, VideoUnit } from '../../src/media/unit.ts';
import { VIDEO_TRACK } from './scripted-source.ts';

export const AAC_TRACK: AacTrack = {
	kind: 'audio',
	codec: 'aac',
	id: 1,
	clockRate: 48_000,
	channels: 2,
	/** AAC-LC, 48 kHz, stereo. */
	config: Uint8Array.of(0x11, 0x90),
	sizeLength: 13,
	indexLength: 3,
	indexDeltaLength: 3,
};

export const OPUS_TRACK: OpusTrack = { kind: 'audio', codec: 'opus', id: 1, clockRate: 48_000, channels: 2 };

/** Wall clock of stream time zero in these units. */
export const WALL_ZERO = Date.UTC(2026, 0, 1);

/** A picture at `seconds`: a key one with SPS and PPS, or one slice. */
export function picture(seconds: number, key: boolean, changes: Partial<VideoUnit> = {}): VideoUnit {
	const track = changes.track ?? VIDEO_TRACK;
	const slice = Uint8Array.of(key ? 0x65 : 0x41, 0x88, 0x84, Math.floor(seconds * 10) & 0xff);
	const sets = track.parameterSets;
	const nalus = key && sets ? [sets.sps, sets.pps, slice] : [slice];
	const pts = Math.round(seconds * track.clockRate);
	return {
		kind: 'video',
		track,
		pts,
		dts: pts,
		key,
		nalus,
		size: nalus.reduce((sum, nalu) => sum + nalu.length, 0),
		arrival: seconds * 1000,
		wall: WALL_ZERO + seconds * 1000,
		epoch: 0,
		...changes,
	};
}

/** An AAC frame at `seconds`. */
export function sound(seconds: number, changes: Partial<AudioUnit> = {}): AudioUnit {
	return {
		kind: 'audio',
		track: AAC_TRACK,
		pts: Math.round(seconds * AAC_TRACK.clockRate),
		duration: 1024,
		data: Uint8Array.of(0x21, 0x10, 0x04, 0x60),
		arrival: seconds * 1000,
		wall: WALL_ZERO + seconds * 1000,
		epoch: 0,
		...changes,
	};
}

/** Pictures from `from` up to but without `to`, in seconds, with a key picture every `gop` frames. */
export function* pictures(
	from: number,
	to: number,
	options: { rate: number; gop: number; epoch?: number; track?: VideoTrack },
) {
	const { epoch = 0, track = VIDEO_TRACK } = options;
	const frames = Math.round((to - from) * options.rate);
	for (let frame = 0; frame < frames; frame++) {
		yield picture(from + frame / options.rate, frame % options.gop === 0, { epoch, track });
	}
}
