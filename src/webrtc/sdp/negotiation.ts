import { DualcastError, SourceError } from '../../base/errors.ts';
import type { CarriedAudio, CarriedTracks, CarriedVideo, SkippedTrack } from '../carried-tracks.ts';
import { matchH264 } from './h264-match.ts';
import { h265Parameters, matchH265 } from './h265-match.ts';
import type { Offer } from './offer.ts';
import type { OfferedCodec, OfferedTransport, UsableSection } from './offered-section.ts';

/** A section of the offer that gets a track. */
export type AcceptedSection = {
	readonly section: UsableSection;
	readonly codec: OfferedCodec;
	/** `a=fmtp` of the answer where it is not the offer's. */
	readonly fmtp?: string;
	/** The retransmission format of `codec` (RFC 4588), if offered. */
	readonly rtx: OfferedCodec | undefined;
	/** Of `codec`, those that are answered: `nack`, `nack pli`, `ccm fir`, `goog-remb`, `rrtr` (RFC 3611 section 5.1). */
	readonly feedback: readonly string[];
};

/** What offer and stream have in common: at least one section. */
export type Negotiation = {
	readonly video: AcceptedSection | undefined;
	readonly audio: AcceptedSection | undefined;
	readonly skipped: readonly SkippedTrack[];
	/** Of the first accepted section: the one transport of the session. */
	readonly transport: OfferedTransport;
};

const FEEDBACK = { video: ['nack', 'nack pli', 'ccm fir', 'goog-remb', 'rrtr'], audio: ['nack'] } as const;
const HLS_HINT = 'play it by HLS';

/**
 * Fits a stream's tracks into an offer: at most one video and one audio.
 *
 * @throws DualcastError `codec_unsupported` with the reason, when the video (or the audio of a stream without
 * video) finds no place in the offer, or browsers could not show it
 */
export function negotiate(offer: Offer, tracks: CarriedTracks): Negotiation {
	const skipped = [...tracks.skipped];
	const sections = transportable(offer);
	const video = tracks.video && acceptVideo(sections, tracks.video, skipped);
	const audio = tracks.audio && acceptAudio(sections, tracks.audio, skipped);
	const first = sections.find((section) => section === video?.section || section === audio?.section);
	if (!first) throw nothingInCommon(skipped);
	return { video, audio, skipped, transport: first.transport };
}

/** @throws DualcastError `codec_unsupported`: the pictures of a stream with B-frames cannot be shown in order */
export function refuseReordering(codec: CarriedVideo['codec'], reorderFrames: number | undefined): void {
	if (reorderFrames === undefined || reorderFrames === 0) return;
	const cure = codec === 'h264' ? 'no B-frames or to Baseline profile' : 'no B-frames';
	throw unsupported(
		`the camera sends B-frames, which WebRTC cannot show; set the camera to ${cure}, or ${HLS_HINT}`,
		codec,
	);
}

/** The answer to offers of a stream without key frames: neither way would show more to a browser. */
export function gradualRefreshError(): SourceError {
	return new SourceError(
		'camera_unsupported',
		'the camera refreshes its picture gradually and sends no key frames, which browsers wait for; switch off its intra ' +
			'refresh (smart codec), or play the stream by RTSP',
	);
}

/** Everything runs over one transport: the BUNDLE group, or one single section. */
function transportable(offer: Offer): UsableSection[] {
	const usable = offer.sections.filter((section): section is UsableSection => section.usable);
	const bundled = usable.filter((section) => section.bundled);
	return bundled.length > 0 ? bundled : usable.slice(0, 1);
}

function acceptVideo(
	sections: readonly UsableSection[],
	track: CarriedVideo,
	skipped: SkippedTrack[],
): AcceptedSection | undefined {
	const section = sections.find(({ kind }) => kind === 'video');
	if (!section) {
		skipped.push({ codec: track.codec, reason: 'the browser offered no video' });
		return undefined;
	}
	refuseReordering(track.codec, track.facts?.reorderFrames);
	if (track.codec === 'h265') {
		const codec = matchH265(section.codecs, track.facts);
		if (codec) return { ...accept(section, codec), fmtp: h265Parameters(codec, track) };
	} else {
		const codec = matchH264(section.codecs, track.facts);
		if (codec) return accept(section, codec);
	}
	throw unsupported(noPlaceFor(track, section), track.codec);
}

function noPlaceFor({ codec, facts }: CarriedVideo, section: UsableSection): string {
	const name = codec === 'h264' ? 'H.264' : 'H.265';
	const label = facts ? `${name} (${facts.codecs})` : name;
	if (section.codecs.some((each) => each.name === codec)) {
		const cure = codec === 'h264' ? 'Baseline, Main or High profile' : 'H.264, or to Main profile and a lower level';
		return `the browser offers ${name}, but not for the camera's ${label}; set the camera to ${cure}, or ${HLS_HINT}`;
	}
	const cure = codec === 'h264' ? 'use another browser' : 'set the camera to H.264';
	return `the browser offers no ${name} by WebRTC and the camera sends ${label}; ${cure}, or ${HLS_HINT}`;
}

function acceptAudio(
	sections: readonly UsableSection[],
	track: CarriedAudio,
	skipped: SkippedTrack[],
): AcceptedSection | undefined {
	const section = sections.find(({ kind }) => kind === 'audio');
	const codec = section?.codecs.find(({ name, clockRate }) => name === track.codec && clockRate === track.clockRate);
	if (section && codec) return accept(section, codec);
	const reason = section ? 'the browser did not offer this codec' : 'the browser offered no audio';
	skipped.push({ codec: track.codec, reason });
	return undefined;
}

function accept(section: UsableSection, codec: OfferedCodec): AcceptedSection {
	const apt = String(codec.payloadType);
	const wanted: readonly string[] = section.kind === 'video' ? FEEDBACK.video : FEEDBACK.audio;
	const feedback = wanted.filter((name) => codec.feedback.includes(name));
	const rtx = section.codecs.find(
		({ name, clockRate, parameters }) =>
			name === 'rtx' && clockRate === codec.clockRate && parameters.get('apt') === apt,
	);
	return { section, codec, rtx: feedback.includes('nack') ? rtx : undefined, feedback };
}

function nothingInCommon(skipped: readonly SkippedTrack[]): DualcastError {
	const reasons = skipped.map(({ codec, reason }) => `${codec}: ${reason}`).join('; ');
	return unsupported(`nothing of this stream can be sent to this browser (${reasons || 'it has no tracks'})`);
}

function unsupported(reason: string, codec?: string): DualcastError {
	return new DualcastError('codec_unsupported', reason, { facts: { codec } });
}
