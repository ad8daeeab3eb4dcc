import { type AacConfig, adtsHeader, parseAudioSpecificConfig } from '../media/aac.ts';
import type { AacTrack, Track, VideoTrack } from '../media/track.ts';

/** A track that this output leaves out, and why. */
export type SkippedTrack = { codec: string; reason: string };

/** What of a stream goes into MPEG-TS: at most one video and one audio track. */
export type CarriedTracks = {
	readonly video: VideoTrack | undefined;
	readonly audio: CarriedAudio | undefined;
	readonly skipped: readonly SkippedTrack[];
};

export type CarriedAudio = { readonly track: AacTrack; readonly config: AacConfig };

export const NO_TRACKS: CarriedTracks = { video: undefined, audio: undefined, skipped: [] };

/** Chooses the tracks that HLS players read from MPEG-TS: the first H.264 and the first AAC that ADTS can frame. */
export function carriedTracks(tracks: readonly Track[]): CarriedTracks {
	let video: VideoTrack | undefined;
	let audio: CarriedAudio | undefined;
	const skipped: SkippedTrack[] = [];
	for (const track of tracks) {
		const carried = track.kind === 'video' ? video : audio;
		if (carried) {
			skipped.push({ codec: track.codec, reason: `only the first ${track.kind} track is carried` });
		} else if (track.kind === 'video') {
			video = track;
		} else if (track.codec === 'aac') {
			const config = parseAudioSpecificConfig(track.config);
			if (config && adtsHeader(config, 0)) audio = { track, config };
			else skipped.push({ codec: 'aac', reason: 'its configuration has no form in ADTS, the AAC framing of MPEG-TS' });
		} else {
			const reason = 'HLS players know no audio but AAC in MPEG-TS; set the camera to AAC or watch by WebRTC';
			skipped.push({ codec: track.codec, reason });
		}
	}
	return { video, audio, skipped };
}

/** RFC 6381 names of the carried tracks, as far as they are known. */
export function codecsOf(carried: CarriedTracks): string[] {
	const codecs: string[] = [];
	if (carried.video?.facts) codecs.push(carried.video.facts.codecs);
	if (carried.audio) codecs.push(`mp4a.40.${carried.audio.config.objectType}`);
	return codecs;
}

/** Whether the same elementary streams are carried; a change of a video track's parameter sets does not count. */
export function sameStreams(one: CarriedTracks, other: CarriedTracks): boolean {
	return (
		one.video?.id === other.video?.id &&
		one.audio?.track.id === other.audio?.track.id &&
		(!one.audio || !other.audio || Buffer.compare(one.audio.track.config, other.audio.track.config) === 0)
	);
}

/** Whether a decoder set up for one track may go on with the other; unknown facts count as unchanged. */
export function sameEncoding(one: VideoTrack, other: VideoTrack): boolean {
	if (one === other || !one.facts || !other.facts) return true;
	return (
		one.facts.codecs === other.facts.codecs &&
		one.facts.width === other.facts.width &&
		one.facts.height === other.facts.height &&
		one.facts.frameRate === other.facts.frameRate
	);
}
