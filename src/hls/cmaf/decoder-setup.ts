import { buildAvcConfiguration } from '../../media/codecs/avc-configuration.ts';
import { NAL, nalType } from '../../media/codecs/h264.ts';
import { HEVC_NAL, hevcNalType } from '../../media/codecs/h265.ts';
import { buildHevcConfiguration } from '../../media/codecs/hevc-configuration.ts';
import type { VideoTrack } from '../../media/track.ts';
import type { CarriedAudio } from '../carried-tracks.ts';
import type { CmafTrack } from './init-segment.ts';
import { aacSampleEntry, opusSampleEntry, videoSampleEntry } from './sample-entry.ts';

/** Track numbers in fragmented MP4. */
export const TRACK_ID = { video: 1, audio: 2 } as const;

/** The parameter sets that a key picture starts with. */
export function parameterSetsOf(codec: VideoTrack['codec'], nalus: readonly Uint8Array[]): Uint8Array[] {
	return nalus.filter((nalu) => isParameterSet(codec, nalu));
}

/** What follows them: a sample entry holds the parameter sets, so the sample need not. */
export function withoutParameterSets(codec: VideoTrack['codec'], nalus: readonly Uint8Array[]): Uint8Array[] {
	return nalus.filter((nalu) => !isParameterSet(codec, nalu));
}

function isParameterSet(codec: VideoTrack['codec'], nalu: Uint8Array): boolean {
	if (codec === 'h265') {
		const type = hevcNalType(nalu);
		return type === HEVC_NAL.vps || type === HEVC_NAL.sps || type === HEVC_NAL.pps;
	}
	const type = nalType(nalu);
	return type === NAL.sps || type === NAL.pps;
}

/** @param sets from `parameterSetsOf` */
export function videoTrackOf(track: VideoTrack, sets: readonly Uint8Array[]): CmafTrack {
	const { width = 0, height = 0 } = track.facts ?? {};
	const sampleEntry =
		track.codec === 'h265'
			? videoSampleEntry('hvc1', buildHevcConfiguration(sets) ?? new Uint8Array(0), width, height)
			: videoSampleEntry('avc1', avcRecord(sets), width, height);
	return { kind: 'video', id: TRACK_ID.video, timescale: track.clockRate, sampleEntry, width, height };
}

function avcRecord(sets: readonly Uint8Array[]): Uint8Array {
	const sps = sets.filter((nalu) => nalType(nalu) === NAL.sps);
	return buildAvcConfiguration(
		sps,
		sets.filter((nalu) => nalType(nalu) === NAL.pps),
	);
}

export function audioTrackOf(audio: CarriedAudio): CmafTrack {
	const { track } = audio;
	const sampleEntry = audio.config
		? aacSampleEntry(audio.track.config, audio.config.channels || track.channels, audio.config.sampleRate)
		: opusSampleEntry(track.channels);
	return { kind: 'audio', id: TRACK_ID.audio, timescale: track.clockRate, sampleEntry, width: 0, height: 0 };
}
