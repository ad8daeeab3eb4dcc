import type { AudioTrack, G711Track, G722Track, H264Track, OpusTrack, Track, VideoTrack } from '../media/track.ts';

/** Tracks a WebRTC session can carry as they are. */
export type CarriedVideo = H264Track;
export type CarriedAudio = OpusTrack | G711Track | G722Track;

/** A track that viewers do not get, and why. */
export type SkippedTrack = { readonly codec: string; readonly reason: string };

export type CarriedTracks = {
	readonly video: CarriedVideo | undefined;
	readonly audio: CarriedAudio | undefined;
	readonly skipped: readonly SkippedTrack[];
	/** The stream has pictures and none of them can be sent. */
	readonly obstacle?: SkippedTrack;
};

/** The one video and the one audio of a stream that WebRTC takes, and what is left out. */
export function carriedTracks(tracks: readonly Track[]): CarriedTracks {
	let video: CarriedVideo | undefined;
	let audio: CarriedAudio | undefined;
	let obstacle: SkippedTrack | undefined;
	const skipped: SkippedTrack[] = [];
	for (const track of tracks) {
		const { codec } = track;
		if (track.kind === 'video') {
			const reason = video ? 'only the first video track is sent' : videoObstacle(track);
			if (track.codec === 'h264' && !video) video = track;
			if (reason === undefined) continue;
			skipped.push({ codec, reason });
			obstacle ??= { codec, reason };
			continue;
		}
		const reason = audioObstacle(track) ?? (audio && 'only the first audio track is sent');
		if (reason !== undefined) skipped.push({ codec, reason });
		else if (track.codec !== 'aac' && track.codec !== 'l16') audio = track;
	}
	return { video, audio, skipped, ...(obstacle && !video && { obstacle }) };
}

function videoObstacle(track: VideoTrack): string | undefined {
	if (track.codec === 'h264') return undefined;
	return 'browsers are sent H.264 only by WebRTC and the camera sends H.265; set the camera to H.264, or play it by HLS';
}

function audioObstacle(track: AudioTrack): string | undefined {
	switch (track.codec) {
		case 'opus':
			return undefined;
		case 'aac':
			return 'browsers take no AAC by WebRTC; set the camera to Opus or G.711, or play HLS';
		case 'l16':
			return 'browsers take no uncompressed sound by WebRTC; set the camera to Opus or G.711';
		case 'g722':
		case 'pcma':
		case 'pcmu':
			if (track.clockRate === 8000 && track.channels === 1) return undefined;
			return track.codec === 'g722'
				? 'browsers take G.722 with one channel only; change the audio settings of the camera'
				: 'browsers take G.711 with 8000 Hz and one channel only; change the audio settings of the camera';
	}
}
