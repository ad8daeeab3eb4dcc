import { parseAudioSpecificConfig } from './aac.ts';
import { parseSpropParameterSets } from './h264-parameter-sets.ts';
import { parseSps } from './h264-sps.ts';
import type { FormatParameters, MediaSection, RtpMap, SessionDescription } from './sdp.ts';
import type { AacTrack, SkippedMedia, Track } from './track.ts';

/** A media section that is taken. */
export type SdpTrack = {
	/** Its `id` is the section's index. */
	readonly track: Track;
	readonly payloadType: number;
	/** `a=control` as written. */
	readonly control: string | undefined;
	readonly sectionIndex: number;
};

/** What to SETUP, and what not and why. */
export type SdpTracks = { readonly tracks: readonly SdpTrack[]; readonly skipped: readonly SkippedMedia[] };

/** Encodings of payload types without `a=rtpmap`: RFC 3551 section 6, and 35 as Bosch cameras use it. */
const STATIC_ENCODINGS: ReadonlyMap<number, RtpMap> = new Map([
	[0, { encoding: 'PCMU', clockRate: 8000, channels: 1 }],
	[3, { encoding: 'GSM', clockRate: 8000, channels: 1 }],
	[9, { encoding: 'G722', clockRate: 8000, channels: 1 }],
	[8, { encoding: 'PCMA', clockRate: 8000, channels: 1 }],
	[10, { encoding: 'L16', clockRate: 44_100, channels: 2 }],
	[11, { encoding: 'L16', clockRate: 44_100, channels: 1 }],
	[14, { encoding: 'MPA', clockRate: 90_000, channels: undefined }],
	[26, { encoding: 'JPEG', clockRate: 90_000, channels: undefined }],
	[33, { encoding: 'MP2T', clockRate: 90_000, channels: undefined }],
	[35, { encoding: 'H264', clockRate: 90_000, channels: undefined }],
]);

const NO_PARAMETERS: FormatParameters = new Map();

/** One payload type of a section with all that is said about it. */
type Format = { readonly payloadType: number; readonly map: RtpMap; readonly parameters: FormatParameters };

/** The first playable video and the first playable audio of a camera. One bad section never refuses the others. */
export function tracksFromSdp(description: SessionDescription): SdpTracks {
	const { sections } = description;
	const tracks: SdpTrack[] = [];
	const skipped: SkippedMedia[] = [];
	// A camera that calls its video "sendonly" means that it sends; ONVIF means the way to its loudspeaker.
	const sendsOnly = sections.some((section) => section.kind === 'video' && section.direction === 'sendonly');
	for (const [sectionIndex, section] of sections.entries()) {
		const { kind, control, direction } = section;
		const formats = formatsOf(section);
		const isBackChannel = kind === 'audio' && direction === 'sendonly' && !sendsOnly;
		const choice = isBackChannel
			? 'It is the back channel to the loudspeaker of the camera.'
			: chooseTrack(section, sectionIndex, formats);
		if (typeof choice === 'string') {
			skipped.push({ kind, codec: formats[0]?.map.encoding ?? 'unknown', reason: choice });
		} else if (tracks.some((taken) => taken.track.kind === kind)) {
			const reason = `The stream already has ${kind}: one track of each kind is used.`;
			skipped.push({ kind, codec: choice.codec, reason });
		} else {
			tracks.push({ track: choice.track, payloadType: choice.payloadType, control, sectionIndex });
		}
	}
	return { tracks, skipped };
}

/** @returns the first playable format of a section, or why there is none */
function chooseTrack(
	{ kind, direction }: MediaSection,
	id: number,
	formats: readonly Format[],
): { track: Track; payloadType: number; codec: string } | string {
	if (kind !== 'video' && kind !== 'audio') return 'It is neither video nor audio.';
	if (direction === 'inactive') return 'The camera says that it is inactive.';
	let reason: string | undefined;
	for (const format of formats) {
		const track = toTrack(kind, id, format);
		if (typeof track !== 'string') return { track, payloadType: format.payloadType, codec: format.map.encoding };
		reason ??= track;
	}
	return reason ?? 'It names no payload type with a known encoding.';
}

function formatsOf(section: MediaSection): Format[] {
	const payloadTypes = section.payloadTypes.length > 0 ? section.payloadTypes : [...section.rtpmap.keys()];
	const only = payloadTypes.length === 1;
	const formats: Format[] = [];
	for (const payloadType of payloadTypes) {
		// Where a section has a single codec, attributes with another number can only mean that one.
		const orphanMap = only && section.rtpmap.size === 1 ? [...section.rtpmap.values()][0] : undefined;
		const orphanParameters = only && section.fmtp.size === 1 ? [...section.fmtp.values()][0] : undefined;
		const parameters = section.fmtp.get(payloadType) ?? orphanParameters ?? NO_PARAMETERS;
		const map =
			section.rtpmap.get(payloadType) ??
			STATIC_ENCODINGS.get(payloadType) ??
			orphanMap ??
			guessMap(section, parameters);
		if (map) formats.push({ payloadType, map, parameters });
	}
	return formats;
}

/** Parameters that only H.264 has name the codec of a section that does not. */
function guessMap(section: MediaSection, parameters: FormatParameters): RtpMap | undefined {
	const isH264 = parameters.has('sprop-parameter-sets') || parameters.has('packetization-mode');
	if (section.kind !== 'video' || !isH264) return undefined;
	return { encoding: 'H264', clockRate: 90_000, channels: undefined };
}

/** @returns the track, or the reason why there is none */
function toTrack(kind: 'video' | 'audio', id: number, { map, parameters }: Format): Track | string {
	const encoding = map.encoding.toUpperCase();
	switch (`${kind}/${encoding}`) {
		case 'video/H264':
			return h264Track(id, map, parameters);
		case 'audio/OPUS':
			return { kind: 'audio', codec: 'opus', id, clockRate: 48_000, channels: map.channels ?? 2 };
		case 'audio/PCMA':
		case 'audio/PCMU': {
			const codec = encoding === 'PCMA' ? 'pcma' : 'pcmu';
			return { kind: 'audio', codec, id, clockRate: map.clockRate ?? 8000, channels: map.channels ?? 1 };
		}
		case 'audio/MPEG4-GENERIC':
			return aacTrack(id, map, parameters);
		default:
			return kind === 'video'
				? `The video codec ${map.encoding} is not supported; set the camera to H.264.`
				: `The audio codec ${map.encoding} is not supported; set the camera to AAC, G.711 or Opus.`;
	}
}

function h264Track(id: number, map: RtpMap, parameters: FormatParameters): Track | string {
	if (Number(parameters.get('packetization-mode')) === 2) {
		return 'H.264 interleaved packetization (mode 2) is not supported.';
	}
	const parameterSets = parseSpropParameterSets(parameters.get('sprop-parameter-sets') ?? '');
	const facts = parameterSets && parseSps(parameterSets.sps);
	return {
		kind: 'video',
		codec: 'h264',
		id,
		clockRate: map.clockRate ?? 90_000,
		...(parameterSets && facts && { parameterSets, facts }),
	};
}

function aacTrack(id: number, map: RtpMap, parameters: FormatParameters): AacTrack | string {
	const hex = parameters.get('config')?.replace(/[^0-9a-f]/gi, '') ?? '';
	if (hex === '') return 'The camera sends AAC without its configuration ("config" in the SDP).';
	const config = new Uint8Array(Buffer.from(hex, 'hex'));
	const facts = parseAudioSpecificConfig(config);
	if (!facts) return 'The AAC configuration ("config" in the SDP) is broken.';
	// RFC 3640 sections 3.3.5 and 3.3.6. Cameras that leave the lengths out use the high bitrate ones.
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

/** Bits, 0 … 32. */
function headerLength(value: string | undefined, otherwise: number): number {
	const bits = Number.parseInt(value ?? '', 10);
	return bits >= 0 && bits <= 32 ? bits : otherwise;
}
