import { hasBFrames, videoProfile } from '../media/codecs/video-profile.ts';
import type { AudioTrack, SkippedMedia, VideoTrack } from '../media/track.ts';
import type { GopMeter } from '../stream/gop-meter.ts';
import type { Ingest, TrackReception } from '../stream/ingest.ts';

/** The picture as it comes from a camera; what is absent is not known. Names are those of the API. */
export type CameraVideo = {
	codec: string;
	/** As `High`. */
	profile?: string;
	/** As `3.1`. */
	level?: string;
	/** RFC 6381. */
	codecs?: string;
	width?: number;
	height?: number;
	/** Measured. */
	frame_rate?: number;
	/** From one key frame to the next. */
	gop_frames?: number;
	gop_seconds?: number;
	/** No second key frame came for so many seconds. */
	gop_longer_than?: number;
	/** There are no key frames: the picture is refreshed gradually. */
	gradual_refresh?: true;
	/** Pictures are sent in another order than they are shown in. */
	b_frames?: boolean;
	/** Bits per second. */
	bitrate?: number;
};

/** The sound as it comes from a camera. */
export type CameraAudio = {
	codec: string;
	clock_rate: number;
	channels: number;
	/** Bits per second. */
	bitrate?: number;
};

/** What a camera sends. */
export type Camera = {
	video?: CameraVideo;
	audio?: CameraAudio;
	skipped: SkippedMedia[];
};

/** Puts together what was measured with what the camera says of itself. */
export function cameraOf(ingest: Ingest, gop: GopMeter, now: number): Camera {
	const received = ingest.reception;
	const video = received.find(({ track }) => track.kind === 'video');
	const audio = received.find(({ track }) => track.kind === 'audio');
	return {
		...(video?.track.kind === 'video' && { video: videoOf(video.track, video, gop, now) }),
		...(audio?.track.kind === 'audio' && { audio: audioOf(audio.track, audio, now) }),
		skipped: [...ingest.skipped],
	};
}

/** Whether the picture has B-frames, by what came and else by what its parameter sets promise. */
export function bFramesOf(track: VideoTrack, gop: GopMeter): boolean | undefined {
	return gop.reordered ?? (hasBFrames(track) === false ? false : undefined);
}

function videoOf(track: VideoTrack, { meter }: TrackReception, gop: GopMeter, now: number): CameraVideo {
	const profile = videoProfile(track);
	const { facts } = track;
	const bFrames = bFramesOf(track, gop);
	// Timestamps tell more exactly than arrivals do.
	const frameRate = gop.seconds > 0 ? gop.frames / gop.seconds : meter.unitRate(now);
	const bitrate = meter.bitrate(now);
	return {
		codec: track.codec,
		...(profile && { profile: profile.profile, level: profile.level }),
		...(facts && { codecs: facts.codecs, width: facts.width, height: facts.height }),
		...(frameRate > 0 && { frame_rate: rounded(frameRate, 1) }),
		...gopOf(gop),
		...(bFrames !== undefined && { b_frames: bFrames }),
		...(bitrate > 0 && { bitrate: Math.round(bitrate) }),
	};
}

function audioOf({ codec, clockRate, channels }: AudioTrack, { meter }: TrackReception, now: number): CameraAudio {
	const bitrate = meter.bitrate(now);
	return { codec, clock_rate: clockRate, channels, ...(bitrate > 0 && { bitrate: Math.round(bitrate) }) };
}

function gopOf({ groups, frames, seconds, running, gradual }: GopMeter): Partial<CameraVideo> {
	if (gradual) return { gradual_refresh: true };
	if (groups > 0) return { gop_frames: frames, gop_seconds: rounded(seconds, 2) };
	return running > 0 ? { gop_longer_than: rounded(running, 1) } : {};
}

function rounded(value: number, digits: number): number {
	return Number(value.toFixed(digits));
}
