import { type AacConfig, adtsHeader, parseAudioSpecificConfig } from '../media/codecs/aac.ts';
import { SILENT_OPUS, SILENT_OPUS_DURATION, silentAac } from '../media/codecs/silent-sound.ts';
import type { AacTrack, AudioTrack, OpusTrack, Track, VideoTrack } from '../media/track.ts';

/** A track that this output leaves out, and why. */
export type SkippedTrack = { codec: string; reason: string };

/** What media is packed into. */
export type Container = 'ts' | 'fmp4';

/** What of a stream goes into an output: at most one video and one audio track. */
export type CarriedTracks = {
	readonly video: VideoTrack | undefined;
	readonly audio: CarriedAudio | undefined;
	readonly skipped: readonly SkippedTrack[];
};

export type CarriedAudio = (
	| { readonly track: AacTrack; readonly config: AacConfig }
	| { readonly track: OpusTrack; readonly config?: undefined }
) & { /** What stands where pictures come without sound. */ readonly silence: SilentFrame | undefined };

export type SilentFrame = { readonly data: Uint8Array /** Ticks of the track. */; readonly duration: number };

const CARRIED_VIDEO: Readonly<Record<Container, readonly string[]>> = { ts: ['h264'], fmp4: ['h264', 'h265'] };
const NOT_CARRIED = {
	video: {
		ts: ['HLS players know no video but H.264 in MPEG-TS', 'set hls.variant to fmp4 or the camera to H.264'],
		fmp4: ['HLS players know no video but H.264 and H.265', 'set the camera to one of them'],
	},
	audio: {
		ts: ['HLS players know no audio but AAC in MPEG-TS', 'set the camera to AAC or watch by WebRTC'],
		fmp4: ['HLS players know no audio but AAC and Opus', 'set the camera to AAC or watch by WebRTC'],
	},
} as const;

const NO_SILENCE =
	'no silence is known for this kind of AAC, which pictures need when it stops; set the camera to AAC-LC or watch by WebRTC';

export const NO_TRACKS: CarriedTracks = { video: undefined, audio: undefined, skipped: [] };

/** Whether HLS players read this video from this container. */
export function carriesVideo(codec: string, container: Container): boolean {
	return CARRIED_VIDEO[container].includes(codec);
}

/**
 * Chooses the tracks that HLS players read from this container: the first video and the first audio that fit.
 *
 * @param other name of a playlist of the same stream as fragmented MP4, if there is one
 */
export function carriedTracks(
	tracks: readonly Track[],
	container: Container = 'ts',
	other?: string | undefined,
): CarriedTracks {
	let video: VideoTrack | undefined;
	let audio: CarriedAudio | undefined;
	const skipped: SkippedTrack[] = [];
	for (const track of tracks) {
		const { codec } = track;
		if (track.kind === 'video') {
			if (video) skipped.push({ codec, reason: 'only the first video track is carried' });
			else if (carriesVideo(codec, container)) video = track;
			else skipped.push({ codec, reason: notCarried(track, container, other) });
		} else if (audio) {
			skipped.push({ codec, reason: 'only the first audio track is carried' });
		} else {
			const carried = carriedAudio(track, container, other);
			if (typeof carried === 'string') skipped.push({ codec, reason: carried });
			else audio = carried;
		}
	}
	if (video && audio && !audio.silence) {
		// Without it, players stop where the sound does.
		skipped.push({ codec: audio.track.codec, reason: NO_SILENCE });
		audio = undefined;
	}
	return { video, audio, skipped };
}

/** @returns a string that says why not */
function carriedAudio(track: AudioTrack, container: Container, other?: string): CarriedAudio | string {
	if (track.codec === 'opus' && container === 'fmp4') {
		return { track, silence: { data: SILENT_OPUS, duration: SILENT_OPUS_DURATION } };
	}
	if (track.codec !== 'aac') return notCarried(track, container, other);
	const config = parseAudioSpecificConfig(track.config);
	if (config && (container === 'fmp4' || adtsHeader(config, 0))) {
		const data = silentAac(config);
		const duration = Math.round((config.frameSamples * track.clockRate) / config.sampleRate);
		return { track, config, silence: data && { data, duration } };
	}
	if (config) return 'its configuration has no form in ADTS, the AAC framing of MPEG-TS';
	return 'its configuration cannot be read';
}

function notCarried({ kind, codec }: Track, container: Container, other: string | undefined): string {
	const [fact, cure] = NOT_CARRIED[kind][container];
	const fits = container === 'ts' && (kind === 'video' ? carriesVideo(codec, 'fmp4') : codec === 'opus');
	return fits && other !== undefined ? `${fact}; ${other} carries it, or ${cure}` : `${fact}; ${cure}`;
}

/** RFC 6381 names of the carried tracks, as far as they are known. */
export function codecsOf(carried: CarriedTracks): string[] {
	const codecs: string[] = [];
	if (carried.video?.facts) codecs.push(carried.video.facts.codecs);
	const { audio } = carried;
	if (audio) codecs.push(audio.config ? `mp4a.40.${audio.config.objectType}` : 'opus');
	return codecs;
}

/** Whether the same elementary streams are carried; a change of a video track's parameter sets does not count. */
export function sameStreams(one: CarriedTracks, other: CarriedTracks): boolean {
	return (
		one.video?.id === other.video?.id &&
		one.video?.codec === other.video?.codec &&
		sameAudio(one.audio?.track, other.audio?.track)
	);
}

function sameAudio(one: CarriedAudio['track'] | undefined, other: CarriedAudio['track'] | undefined): boolean {
	if (!one || !other) return one === other;
	if (one.id !== other.id || one.channels !== other.channels) return false;
	if (one.codec !== 'aac' || other.codec !== 'aac') return one.codec === other.codec;
	return Buffer.compare(one.config, other.config) === 0;
}

/** Whether a decoder set up for one track may go on with the other; unknown facts count as unchanged. */
export function sameEncoding(one: VideoTrack, other: VideoTrack): boolean {
	if (one === other || !one.facts || !other.facts) return true;
	return (
		one.facts.codecs === other.facts.codecs &&
		one.facts.range === other.facts.range &&
		one.facts.width === other.facts.width &&
		one.facts.height === other.facts.height &&
		one.facts.frameRate === other.facts.frameRate
	);
}
