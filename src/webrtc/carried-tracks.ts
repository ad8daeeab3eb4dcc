import type { G711Track, H264Track, OpusTrack, Track } from '../media/track.ts';

/** Tracks a WebRTC session can carry as they are. */
export type CarriedVideo = H264Track;
export type CarriedAudio = OpusTrack | G711Track;

/** A track that viewers do not get, and why. */
export type SkippedTrack = { readonly codec: string; readonly reason: string };

export type CarriedTracks = {
	readonly video: CarriedVideo | undefined;
	readonly audio: CarriedAudio | undefined;
	readonly skipped: readonly SkippedTrack[];
};

/** The one video and the one audio of a stream that WebRTC takes, and what is left out. */
export function carriedTracks(tracks: readonly Track[]): CarriedTracks {
	let video: CarriedVideo | undefined;
	let audio: CarriedAudio | undefined;
	const skipped: SkippedTrack[] = [];
	for (const track of tracks) {
		if (track.kind === 'video') {
			if (video) skipped.push({ codec: track.codec, reason: 'only the first video track is sent' });
			else video = track;
			continue;
		}
		const obstacle = audioObstacle(track);
		if (obstacle) skipped.push({ codec: track.codec, reason: obstacle });
		else if (audio) skipped.push({ codec: track.codec, reason: 'only the first audio track is sent' });
		else if (track.codec !== 'aac') audio = track;
	}
	return { video, audio, skipped };
}

function audioObstacle(track: Exclude<Track, { kind: 'video' }>): string | undefined {
	if (track.codec === 'aac') {
		return 'browsers take no AAC by WebRTC; set the camera to Opus or G.711, or play HLS';
	}
	if (track.codec === 'opus') return undefined;
	if (track.clockRate === 8000 && track.channels === 1) return undefined;
	return 'browsers take G.711 with 8000 Hz and one channel only; change the audio settings of the camera';
}
