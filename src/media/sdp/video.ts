import { parseSps } from '../codecs/h264-sps.ts';
import { parseHevcSps } from '../codecs/h265-sps.ts';
import { H264_SYNTAX } from '../depacketizers/h264-depacketizer.ts';
import { H265_SYNTAX } from '../depacketizers/h265-depacketizer.ts';
import type { VideoTrack } from '../track.ts';
import type { FormatParameters, RtpMap } from './sdp.ts';
import { parseSprop } from './sprop.ts';

const CLOCK_RATE = 90_000;
/** Some cameras use the one of H.264 for H.265. */
const HEVC_SPROP = ['sprop-vps', 'sprop-sps', 'sprop-pps', 'sprop-parameter-sets'] as const;

/** @returns the track, or the reason why there is none */
export function videoTrack(id: number, map: RtpMap, parameters: FormatParameters): VideoTrack | string {
	switch (map.encoding.toUpperCase()) {
		case 'H264':
			return h264Track(id, map, parameters);
		case 'H265':
		case 'HEVC':
			return h265Track(id, map, parameters);
		case 'JPEG':
			return 'Motion JPEG is not playable yet; set the camera to H.264.';
		default:
			return `The video codec ${map.encoding} is not supported; set the camera to H.264.`;
	}
}

/** Parameters that only one codec has name it where a section does not. */
export function guessVideoEncoding(parameters: FormatParameters): string | undefined {
	if (parameters.has('sprop-vps') || parameters.has('sprop-sps')) return 'H265';
	if (parameters.has('sprop-parameter-sets') || parameters.has('packetization-mode')) return 'H264';
	return undefined;
}

/** RFC 6184 section 8.1. */
function h264Track(id: number, map: RtpMap, parameters: FormatParameters): VideoTrack | string {
	if (Number(parameters.get('packetization-mode')) === 2) {
		return 'H.264 interleaved packetization (mode 2) is not supported.';
	}
	const parameterSets = parseSprop([parameters.get('sprop-parameter-sets') ?? ''], H264_SYNTAX);
	const facts = parameterSets && parseSps(parameterSets.sps);
	return {
		kind: 'video',
		codec: 'h264',
		id,
		clockRate: map.clockRate ?? CLOCK_RATE,
		...(parameterSets && facts && { parameterSets, facts }),
	};
}

/** RFC 7798 section 7.1. */
function h265Track(id: number, map: RtpMap, parameters: FormatParameters): VideoTrack | string {
	if (Number(parameters.get('sprop-max-don-diff')) > 0 || Number(parameters.get('sprop-depack-buf-nalus')) > 0) {
		return 'H.265 in another order than it is decoded in (sprop-max-don-diff above 0) is not supported.';
	}
	if (/^mr(?:st|mt)$/i.test(parameters.get('tx-mode') ?? '')) {
		return 'H.265 spread over several RTP streams (tx-mode) is not supported.';
	}
	const parameterSets = parseSprop(
		HEVC_SPROP.map((name) => parameters.get(name) ?? ''),
		H265_SYNTAX,
	);
	const facts = parameterSets && parseHevcSps(parameterSets.sps);
	return {
		kind: 'video',
		codec: 'h265',
		id,
		clockRate: map.clockRate ?? CLOCK_RATE,
		...(parameterSets && facts && { parameterSets, facts }),
	};
}
