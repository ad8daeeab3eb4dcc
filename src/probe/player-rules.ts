import type { SkippedMedia } from '../media/track.ts';
import type { CameraAudio, CameraVideo } from './camera.ts';

/** An output as one kind of player takes it. */
export type Player = 'webrtc_chrome' | 'webrtc_firefox' | 'webrtc_safari' | 'hls_ts' | 'hls_ll';

/** Why something does not play, and the setting of the camera that would cure it. */
export type Obstacle = { reason: string; cure?: string };

/** Eight bits a sample and 4:2:0: what every browser decodes. */
const PLAYED_H264 = new Set(['Baseline', 'Constrained Baseline', 'Main', 'High']);
const NAMES: ReadonlyMap<string, string> = new Map([
	['h264', 'H.264'],
	['h265', 'H.265'],
	['jpeg', 'MJPEG'],
	['mjpeg', 'MJPEG'],
	['mp4v-es', 'MPEG-4 part 2'],
	['aac', 'AAC'],
	['opus', 'Opus'],
	['pcma', 'G.711 A-law'],
	['pcmu', 'G.711 µ-law'],
	['g722', 'G.722'],
	['l16', 'linear PCM'],
]);
const TO_H264 = 'Set the video codec of the camera to H.264.';

const GRADUAL_REFRESH: Obstacle = {
	reason:
		'It refreshes its picture gradually and sends no key frames: browsers wait for one. Players as ffmpeg show it, by RTSP or HLS.',
	cure: 'Switch off the intra refresh (gradual refresh, smart codec) of the camera, so that it sends key frames.',
};

/** A codec as people know it. */
export function codecName(codec: string): string {
	return NAMES.get(codec.toLowerCase()) ?? codec;
}

/** What keeps a player from showing the picture. */
export function pictureObstacle(player: Player, picture: CameraVideo | SkippedMedia): Obstacle | undefined {
	if ('reason' in picture) return skippedPicture(picture);
	if (picture.gradual_refresh) return GRADUAL_REFRESH;
	if (picture.codec === 'h265') return h265Obstacle(player);
	if (picture.codec !== 'h264') {
		return { reason: `No browser plays ${codecName(picture.codec)} here.`, cure: TO_H264 };
	}
	const { profile } = picture;
	if (profile !== undefined && !PLAYED_H264.has(profile)) {
		return {
			reason: `Browsers do not decode the H.264 profile ${profile}.`,
			cure: 'Set the H.264 profile of the camera to High, Main or Baseline.',
		};
	}
	if (picture.b_frames && player.startsWith('webrtc')) {
		return {
			reason:
				'It has B-frames, which are sent in another order than they are shown in: browsers drop most of such a picture.',
			cure: 'Set the B-frames of the camera to 0, or its H.264 profile to Baseline.',
		};
	}
	return undefined;
}

/** What is worth knowing of a picture that plays. */
export function pictureNote(player: Player, { codec }: CameraVideo): Obstacle | undefined {
	if (codec === 'h265') {
		return {
			reason: 'Safari plays H.265; Chrome and Firefox do where the machine decodes it in hardware.',
			cure: TO_H264,
		};
	}
	if (player !== 'webrtc_firefox') return undefined;
	return { reason: 'Firefox decodes H.264 by a plug-in (OpenH264), which it has to download once.' };
}

/** What keeps a player from playing the sound. */
export function soundObstacle(player: Player, sound: CameraAudio | SkippedMedia): Obstacle | undefined {
	const name = codecName(sound.codec);
	const cure = SOUND_CURES[player];
	if ('reason' in sound) return { reason: `The sound (${name}) is left out: ${sound.reason}`, cure };
	if (player === 'hls_ts') {
		return sound.codec === 'aac' ? undefined : { reason: `HLS in MPEG-TS carries AAC, not ${name}.`, cure };
	}
	if (player === 'hls_ll') {
		const plays = sound.codec === 'aac' || sound.codec === 'opus';
		return plays ? undefined : { reason: `HLS carries AAC or Opus, not ${name}.`, cure };
	}
	switch (sound.codec) {
		case 'opus':
			return undefined;
		case 'g722':
		case 'pcma':
		case 'pcmu':
			if (sound.clock_rate === 8000 && sound.channels === 1) return undefined;
			return {
				reason: `Browsers take ${name} with 8000 Hz and one channel only.`,
				cure: 'Set the sound of the camera to 8000 Hz and one channel.',
			};
		default:
			return { reason: `Browsers take no ${name} by WebRTC.`, cure };
	}
}

const SOUND_CURES: Readonly<Record<Player, string>> = {
	webrtc_chrome: 'For sound by WebRTC, set the audio codec of the camera to G.711 or Opus.',
	webrtc_firefox: 'For sound by WebRTC, set the audio codec of the camera to G.711 or Opus.',
	webrtc_safari: 'For sound by WebRTC, set the audio codec of the camera to G.711 or Opus.',
	hls_ts: 'For sound by HLS, set the audio codec of the camera to AAC.',
	hls_ll: 'For sound by HLS, set the audio codec of the camera to AAC.',
};

function skippedPicture({ codec, reason }: SkippedMedia): Obstacle {
	return { reason: `The picture (${codecName(codec)}) is left out: ${reason}`, cure: TO_H264 };
}

function h265Obstacle(player: Player): Obstacle | undefined {
	switch (player) {
		case 'hls_ll':
			return undefined;
		case 'hls_ts':
			return { reason: 'Players take H.265 in fMP4, not in MPEG-TS.', cure: TO_H264 };
		case 'webrtc_firefox':
			return { reason: 'Firefox takes no H.265 by WebRTC.', cure: TO_H264 };
		default:
			return {
				reason: 'Browsers take H.265 by WebRTC only where the machine decodes it in hardware.',
				cure: TO_H264,
			};
	}
}
