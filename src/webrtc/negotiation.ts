import { DualcastError } from '../base/errors.ts';
import type { CarriedAudio, CarriedTracks, CarriedVideo, SkippedTrack } from './carried-tracks.ts';
import { matchH264 } from './h264-match.ts';
import type { Offer, OfferedCodec, OfferedTransport, UsableSection } from './offer.ts';

/** A section of the offer that gets a track. */
export type AcceptedSection = {
	readonly section: UsableSection;
	readonly codec: OfferedCodec;
	/** The retransmission format of `codec` (RFC 4588), if offered. */
	readonly rtx: OfferedCodec | undefined;
	/** Of `codec`, those that are answered: `nack`, `nack pli`, `ccm fir`, `goog-remb`. */
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

const FEEDBACK = { video: ['nack', 'nack pli', 'ccm fir', 'goog-remb'], audio: ['nack'] } as const;
const HLS_HINT = 'play it by HLS';

/**
 * Fits a stream's tracks into an offer: at most one video and one audio.
 *
 * @throws DualcastError `codec_unsupported` with the reason, when the video (or the audio of a stream without
 * video) finds no place in the offer, or browsers could not show it
 */
export function negotiate(offer: Offer, tracks: CarriedTracks): Negotiation {
	if (tracks.obstacle) throw unsupported(tracks.obstacle.reason, tracks.obstacle.codec);
	const skipped = [...tracks.skipped];
	const sections = transportable(offer);
	const video = tracks.video && acceptVideo(sections, tracks.video, skipped);
	const audio = tracks.audio && acceptAudio(sections, tracks.audio, skipped);
	const first = sections.find((section) => section === video?.section || section === audio?.section);
	if (!first) throw nothingInCommon(skipped);
	return { video, audio, skipped, transport: first.transport };
}

/** @throws DualcastError `codec_unsupported`: the pictures of a stream with B-frames cannot be shown in order */
export function refuseReordering(reorderFrames: number | undefined): void {
	if (reorderFrames === undefined || reorderFrames === 0) return;
	throw unsupported(
		`the camera sends B-frames, which WebRTC cannot show; set the camera to no B-frames or to Baseline profile, or ${HLS_HINT}`,
		'h264',
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
	refuseReordering(track.facts?.reorderFrames);
	const codec = matchH264(section.codecs, track.facts);
	if (codec) return accept(section, codec);
	const label = track.facts ? `H.264 (${track.facts.codecs})` : 'H.264';
	throw unsupported(
		section.codecs.some(({ name }) => name === 'h264')
			? `the browser offers H.264, but not for the camera's ${label}; set the camera to Baseline, Main or High profile, or ${HLS_HINT}`
			: `the browser offers no H.264 by WebRTC and the camera sends ${label}; use another browser, or ${HLS_HINT}`,
		track.codec,
	);
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
