import { BitReader } from '../bytes/bit-reader.ts';
import { buildAudioSpecificConfig, isAac, parseAudioSpecificConfig } from '../codecs/aac.ts';
import { parseStreamMuxConfig } from '../codecs/latm.ts';
import type { AacTrack, AudioTrack } from '../track.ts';
import type { FormatParameters, RtpMap } from './sdp.ts';

/** AU header fields of RFC 3640 section 3.2.1.1 that no camera sends. */
const OTHER_HEADER_FIELDS = [
	'ctsdeltalength',
	'dtsdeltalength',
	'randomaccessindication',
	'streamstateindication',
	'auxiliarydatasizelength',
] as const;
const NO_CONFIG = 'The camera sends AAC without its configuration ("config" in the SDP).';
const STRANGE_LATM =
	'The AAC configuration ("config" in the SDP) is broken, or of several layers, which are not supported.';
const NO_AAC = 'The camera sends MPEG-4 audio that is not AAC; set it to AAC, G.711 or Opus.';

/** @returns the track, or the reason why there is none */
export function audioTrack(id: number, map: RtpMap, parameters: FormatParameters): AudioTrack | string {
	const clockRate = map.clockRate ?? 8000;
	const channels = map.channels ?? 1;
	switch (map.encoding.toUpperCase()) {
		case 'OPUS':
			return { kind: 'audio', codec: 'opus', id, clockRate: 48_000, channels: map.channels ?? 2 };
		case 'PCMA':
			return { kind: 'audio', codec: 'pcma', id, clockRate, channels };
		case 'PCMU':
			return { kind: 'audio', codec: 'pcmu', id, clockRate, channels };
		case 'G722':
			return { kind: 'audio', codec: 'g722', id, clockRate, channels };
		// Hikvision cameras write PCM.
		case 'L16':
		case 'PCM':
			return { kind: 'audio', codec: 'l16', id, clockRate, channels };
		// The last two are what some cameras call AAC in ADTS frames.
		case 'MPEG4-GENERIC':
		case 'MP4A-ADTS':
		case 'AAC':
			return aacTrack(id, map, parameters);
		case 'MP4A-LATM':
			return latmTrack(id, map, parameters);
		default:
			return `The audio codec ${map.encoding} is not supported; set the camera to AAC, G.711 or Opus.`;
	}
}

/** RFC 3640 section 4.1. */
function aacTrack(id: number, map: RtpMap, parameters: FormatParameters): AacTrack | string {
	const config = described(parameters) ?? derived(map);
	const facts = config && parseAudioSpecificConfig(config);
	if (!config || !facts) return NO_CONFIG;
	if (!isAac(facts)) return NO_AAC;
	const strange = OTHER_HEADER_FIELDS.find((name) => Number.parseInt(parameters.get(name) ?? '0', 10) > 0);
	if (strange) return `AAC with header fields of its own (${strange}) is not supported.`;
	// Sections 3.3.5 and 3.3.6. Cameras that leave the lengths out use the high bitrate ones.
	const low = /^aac[-_]lbr$/i.test(parameters.get('mode') ?? '');
	return {
		kind: 'audio',
		codec: 'aac',
		id,
		clockRate: map.clockRate ?? facts.sampleRate,
		channels: facts.channels || (map.channels ?? 2),
		config,
		sizeLength: headerLength(parameters.get('sizelength'), low ? 6 : 13),
		indexLength: headerLength(parameters.get('indexlength'), low ? 2 : 3),
		indexDeltaLength: headerLength(parameters.get('indexdeltalength'), low ? 2 : 3),
	};
}

/** RFC 6416 section 7.3: the configuration is a StreamMuxConfig, and may come in the stream alone. */
function latmTrack(id: number, map: RtpMap, parameters: FormatParameters): AacTrack | string {
	const configPresent = parameters.get('cpresent') !== '0';
	const described = hexBytes(parameters.get('config'));
	const muxConfig = described && parseStreamMuxConfig(new BitReader(described));
	if (!muxConfig && !configPresent) return described ? STRANGE_LATM : NO_CONFIG;
	const config = muxConfig?.config ?? derived(map);
	const facts = config && parseAudioSpecificConfig(config);
	if (!config || !facts) return NO_CONFIG;
	if (!isAac(facts)) return NO_AAC;
	return {
		kind: 'audio',
		codec: 'aac',
		id,
		clockRate: map.clockRate ?? facts.sampleRate,
		channels: facts.channels || (map.channels ?? 2),
		config,
		sizeLength: 13,
		indexLength: 3,
		indexDeltaLength: 3,
		latm: { configPresent, ...(muxConfig && described && { muxConfig: described }) },
	};
}

/** `config`, if it is one. */
function described(parameters: FormatParameters): Uint8Array | undefined {
	const config = hexBytes(parameters.get('config'));
	return config && parseAudioSpecificConfig(config) ? config : undefined;
}

/** AAC-LC as the rtpmap describes it: what nearly all cameras send. */
function derived({ clockRate, channels }: RtpMap): Uint8Array | undefined {
	return clockRate === undefined
		? undefined
		: buildAudioSpecificConfig({ objectType: 2, sampleRate: clockRate, channels: channels ?? 1 });
}

function hexBytes(text: string | undefined): Uint8Array | undefined {
	const digits = text?.replace(/[^0-9a-f]/gi, '') ?? '';
	return digits.length < 2 ? undefined : new Uint8Array(Buffer.from(digits, 'hex'));
}

/** Bits, 0 … 32. */
function headerLength(value: string | undefined, otherwise: number): number {
	const bits = Number.parseInt(value ?? '', 10);
	return bits >= 0 && bits <= 32 ? bits : otherwise;
}
