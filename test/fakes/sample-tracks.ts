import type { AacTrack, AudioTrack, G711Track, H264Track, OpusTrack, VideoFacts } from '../../src/media/track.ts';

/** A 720p H.264 track of the given profile. */
export function h264Track(
	profileIdc: number,
	constraints: number,
	facts: Partial<VideoFacts> = { reorderFrames: 0 },
): H264Track {
	const hex = [profileIdc, constraints, 31].map((byte) => byte.toString(16).padStart(2, '0')).join('');
	return {
		kind: 'video',
		codec: 'h264',
		id: 0,
		clockRate: 90_000,
		facts: { width: 1280, height: 720, profileIdc, constraints, levelIdc: 31, codecs: `avc1.${hex}`, ...facts },
	};
}

export const OPUS: OpusTrack = { kind: 'audio', codec: 'opus', id: 1, clockRate: 48_000, channels: 2 };
export const PCMA: G711Track = { kind: 'audio', codec: 'pcma', id: 1, clockRate: 8_000, channels: 1 };
export const PCMU: G711Track = { ...PCMA, codec: 'pcmu' };
export const AAC: AacTrack = {
	kind: 'audio',
	codec: 'aac',
	id: 1,
	clockRate: 16_000,
	channels: 1,
	config: Uint8Array.of(0x14, 0x08),
	sizeLength: 13,
	indexLength: 3,
	indexDeltaLength: 3,
};
export const WIDE_PCMA: AudioTrack = { ...PCMA, clockRate: 16_000 };
