import { SDP_LIMITS } from '../limits.ts';
import type { SkippedMedia, Track } from '../track.ts';
import { audioTrack } from './audio.ts';
import type { FormatParameters, MediaSection, RtpMap, SessionDescription } from './sdp.ts';
import { guessVideoEncoding, videoTrack } from './video.ts';

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

/** RTP/SAVP, RTP/SAVPF and what runs within DTLS. */
const ENCRYPTED = /\/(?:SAVPF?|TLS)\b/i;
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
		const formats = formatsOf(section, sections);
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

/** @returns the playable format of a section that comes first, but H.264 before H.265; or why there is none */
function chooseTrack(
	{ kind, direction, protocol }: MediaSection,
	id: number,
	formats: readonly Format[],
): { track: Track; payloadType: number; codec: string } | string {
	if (kind !== 'video' && kind !== 'audio') return 'It is neither video nor audio.';
	if (direction === 'inactive') return 'The camera says that it is inactive.';
	if (ENCRYPTED.test(protocol))
		return 'It is encrypted (SRTP); switch the encryption of media off, or use rtsps:// instead.';
	let reason: string | undefined;
	let chosen: { track: Track; payloadType: number; codec: string } | undefined;
	for (const format of formats) {
		const { map, parameters } = format;
		const track = timed(kind === 'video' ? videoTrack(id, map, parameters) : audioTrack(id, map, parameters));
		if (typeof track === 'string') reason ??= track;
		else if (!chosen || (chosen.track.codec === 'h265' && track.codec === 'h264')) {
			chosen = { track, payloadType: format.payloadType, codec: map.encoding };
		}
	}
	return chosen ?? reason ?? 'It names no payload type with a known encoding.';
}

/** @returns the track, or why no timeline can be made of its clock */
function timed(track: Track | string): Track | string {
	const { minClockRate, maxClockRate } = SDP_LIMITS;
	if (typeof track === 'string' || (track.clockRate >= minClockRate && track.clockRate <= maxClockRate)) return track;
	return `The camera gives it a clock of ${track.clockRate} Hz; ${minClockRate} to ${maxClockRate} Hz are supported.`;
}

function formatsOf(section: MediaSection, sections: readonly MediaSection[]): Format[] {
	const payloadTypes = section.payloadTypes.length > 0 ? section.payloadTypes : [...section.rtpmap.keys()];
	const only = payloadTypes.length === 1;
	const formats: Format[] = [];
	for (const payloadType of payloadTypes) {
		// Where a section has a single codec, attributes with another number can only mean that one.
		const orphanMap = only && section.rtpmap.size === 1 ? [...section.rtpmap.values()][0] : undefined;
		const orphanParameters = only && section.fmtp.size === 1 ? [...section.fmtp.values()][0] : undefined;
		const parameters =
			section.fmtp.get(payloadType) ?? orphanParameters ?? strayParameters(payloadType, sections) ?? NO_PARAMETERS;
		const map =
			section.rtpmap.get(payloadType) ??
			STATIC_ENCODINGS.get(payloadType) ??
			orphanMap ??
			guessMap(section, parameters);
		if (map) formats.push({ payloadType, map, parameters });
	}
	return formats;
}

/** Some cameras write the parameters of a payload type into another section. */
function strayParameters(payloadType: number, sections: readonly MediaSection[]): FormatParameters | undefined {
	return sections
		.find(({ fmtp, payloadTypes }) => fmtp.has(payloadType) && !payloadTypes.includes(payloadType))
		?.fmtp.get(payloadType);
}

/** Parameters that only one codec has name the codec of a section that does not. */
function guessMap(section: MediaSection, parameters: FormatParameters): RtpMap | undefined {
	const encoding = section.kind === 'video' ? guessVideoEncoding(parameters) : undefined;
	return encoding === undefined ? undefined : { encoding, clockRate: undefined, channels: undefined };
}
