import type { LocalParameters } from '../transport/secure-transport.ts';
import type { AcceptedSection, Negotiation } from './negotiation.ts';
import type { Offer } from './offer.ts';
import type { OfferedCodec, OfferedSection } from './offered-section.ts';

/** Ties sound and picture together for the browser: one CNAME and one media stream. */
export const CNAME = 'dualcast';

/** The sources of one track (RFC 4588 needs a second one for retransmissions). */
export type AnswerSources = { readonly ssrc: number; readonly rtxSsrc: number };

export type AnswerOptions = {
	readonly offer: Offer;
	readonly negotiation: Negotiation;
	readonly local: LocalParameters;
	/** Decimal digits of `o=`, unique for the session. */
	readonly originId: string;
	/** Needed for each accepted section. */
	readonly sources: { readonly video: AnswerSources | undefined; readonly audio: AnswerSources | undefined };
	/** Of the audio track, 1 or 2. */
	readonly audioChannels: number;
};

/**
 * Writes the answer (RFC 8866, JSEP RFC 9429 section 5.3): ICE-lite, DTLS passive, sending only, everything in one
 * BUNDLE, all candidates included. Sections without a track are rejected in their place.
 */
export function writeAnswer(options: AnswerOptions): string {
	const { offer, negotiation, local } = options;
	const accepted = offer.sections.map((section) => acceptedFor(section, negotiation));
	const mids = accepted.flatMap((each) => (each?.section.bundled ? (each.section.mid ?? []) : []));
	const lines = ['v=0', `o=- ${options.originId} 1 IN IP4 127.0.0.1`, 's=-', 't=0 0', 'a=ice-lite'];
	if (mids.length > 0) lines.push(`a=group:BUNDLE ${mids.join(' ')}`);
	let candidates: readonly string[] | undefined = local.candidates;
	for (const [index, section] of offer.sections.entries()) {
		const each = accepted[index];
		if (!each) {
			pushRejected(lines, section, local);
			continue;
		}
		pushAccepted(lines, each, options);
		if (candidates) {
			for (const candidate of candidates) lines.push(`a=candidate:${candidate}`);
			lines.push('a=end-of-candidates');
			candidates = undefined;
		}
	}
	return `${lines.join('\r\n')}\r\n`;
}

function acceptedFor(section: OfferedSection, { video, audio }: Negotiation): AcceptedSection | undefined {
	if (section === video?.section) return video;
	return section === audio?.section ? audio : undefined;
}

/** With the transport's lines, which mean nothing here: webrtcbin refuses an answer that has a section without. */
function pushRejected(lines: string[], section: OfferedSection, local: LocalParameters): void {
	lines.push(`m=${section.kind} 0 ${section.protocol} ${section.formats.join(' ')}`, 'c=IN IP4 0.0.0.0');
	if (section.mid !== undefined) lines.push(`a=mid:${section.mid}`);
	lines.push('a=inactive', ...transportLines(local));
}

function pushAccepted(lines: string[], accepted: AcceptedSection, options: AnswerOptions): void {
	const { section, codec, fmtp = codec.fmtp, rtx, feedback } = accepted;
	const { local } = options;
	const video = section.kind === 'video';
	const formats = rtx ? `${codec.payloadType} ${rtx.payloadType}` : `${codec.payloadType}`;
	lines.push(`m=${section.kind} 9 ${section.protocol} ${formats}`, 'c=IN IP4 0.0.0.0');
	if (section.mid !== undefined) lines.push(`a=mid:${section.mid}`);
	lines.push(...transportLines(local), 'a=sendonly', 'a=rtcp-mux', `a=msid:${CNAME} ${section.kind}`, rtpmap(codec));
	const parameters = video ? fmtp : audioParameters(codec, options.audioChannels);
	if (parameters !== '') lines.push(`a=fmtp:${codec.payloadType} ${parameters}`);
	for (const name of feedback) lines.push(`a=rtcp-fb:${codec.payloadType} ${name}`);
	if (rtx) lines.push(rtpmap(rtx), `a=fmtp:${rtx.payloadType} apt=${codec.payloadType}`);
	const sources = video ? options.sources.video : options.sources.audio;
	if (!sources) return;
	if (rtx) lines.push(`a=ssrc-group:FID ${sources.ssrc} ${sources.rtxSsrc}`);
	lines.push(`a=ssrc:${sources.ssrc} cname:${CNAME}`);
	if (rtx) lines.push(`a=ssrc:${sources.rtxSsrc} cname:${CNAME}`);
}

function transportLines({ ufrag, password, fingerprint }: LocalParameters): string[] {
	return [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, `a=fingerprint:${fingerprint}`, 'a=setup:passive'];
}

function rtpmap({ payloadType, name, clockRate, channels }: OfferedCodec): string {
	const encoding = name === 'opus' || name === 'rtx' ? name : name.toUpperCase();
	return `a=rtpmap:${payloadType} ${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
}

/** Opus says in its parameters, not in its rtpmap, that two channels come (RFC 7587 section 6.1). */
function audioParameters(codec: OfferedCodec, channels: number): string {
	if (codec.name !== 'opus' || channels < 2) return codec.fmtp;
	const offered = codec.fmtp.split(';').filter((each) => each !== '' && !/^\s*(?:sprop-)?stereo=/.test(each));
	return [...offered, 'stereo=1', 'sprop-stereo=1'].join(';');
}
