import type { AudioTrack, G711Track, G722Track, OpusTrack, Track, VideoTrack } from '../media/track.ts';

/** Tracks a WebRTC session can carry as they are, to a browser that offers them. */
export type CarriedVideo = VideoTrack;
export type CarriedAudio = OpusTrack | G711Track | G722Track;

/** A track that viewers do not get, and why. */
export type SkippedTrack = { readonly codec: string; readonly reason: string };

export type CarriedTracks = {
	readonly video: CarriedVideo | undefined;
	readonly audio: CarriedAudio | undefined;
	readonly skipped: readonly SkippedTrack[];
};

/** The one video and the one audio of a stream that WebRTC takes, and what is left out. */
export function carriedTracks(tracks: readonly Track[]): CarriedTracks {
	const videos = tracks.filter((track) => track.kind === 'video');
	// More browsers take it.
	const video = videos.find((track) => track.codec === 'h264') ?? videos[0];
	let audio: CarriedAudio | undefined;
	const skipped: SkippedTrack[] = [];
	for (const track of tracks) {
		const { codec } = track;
		if (track.kind === 'video') {
			if (track !== video) skipped.push({ codec, reason: 'only one video track is sent' });
			continue;
		}
		const reason = audioObstacle(track) ?? (audio && 'only the first audio track is sent');
		if (reason !== undefined) skipped.push({ codec, reason });
		else if (track.codec !== 'aac' && track.codec !== 'l16') audio = track;
	}
	return { video, audio, skipped };
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
