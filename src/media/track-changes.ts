import { parseAudioSpecificConfig } from './codecs/aac.ts';
import { parseSps } from './codecs/h264-sps.ts';
import { parseHevcSps } from './codecs/h265-sps.ts';
import type { Track, VideoParameterSets } from './track.ts';

/** The track as its parameter sets in the stream describe it; facts that cannot be read stay as they were. */
export function withParameterSets(track: Track, parameterSets: VideoParameterSets): Track {
	if (track.kind !== 'video') return track;
	const facts = track.codec === 'h265' ? parseHevcSps(parameterSets.sps) : parseSps(parameterSets.sps);
	return { ...track, parameterSets, ...(facts && { facts }) };
}

/** The track as the AudioSpecificConfig in the stream describes it. */
export function withAudioConfig(track: Track, config: Uint8Array): Track {
	if (track.codec !== 'aac') return track;
	const channels = parseAudioSpecificConfig(config)?.channels || track.channels;
	return { ...track, config, channels };
}
