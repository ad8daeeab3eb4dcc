import { DualcastError } from '../../base/errors.ts';
import { formatParameters } from '../../media/sdp/sdp.ts';
import { OFFER_LIMITS } from '../limits.ts';
import { invalid, type OfferedAttributes, type OfferedLines, type OwnPlace, readLines } from './offer-lines.ts';
import type { ForeignSection, MediaSection, OfferedCodec, SectionPlace } from './offered-section.ts';

/** A section but for what its own lines say. */
type SectionForm = SectionPlace & {
	/** `a=setup`, of the section or of the session. */
	readonly setup: string | undefined;
} & (ForeignSection | Omit<MediaSection, 'transport'>);

/** All of an offer that it has in common with others from the same browser. */
export type OfferForm = {
	readonly sections: readonly SectionForm[];
	/** Where its own lines stand. */
	readonly own: readonly OwnPlace[];
};

type OfferedMedia = OfferedLines['sections'][number];

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;

/** The forms that were read last, by their text: viewers of one browser offer the same two hundred lines. */
export class OfferForms {
	readonly #known = new Map<string, OfferForm>();

	/**
	 * @param text as `splitOwnLines` leaves it
	 * @throws DualcastError `offer_invalid`, `offer_unsupported`
	 */
	read(text: string): OfferForm {
		const known = this.#known.get(text);
		if (known) return known;
		const form = readForm(readLines(text));
		if (this.#known.size === OFFER_LIMITS.forms) this.#known.delete(this.#known.keys().next().value ?? '');
		this.#known.set(text, form);
		return form;
	}
}

function readForm({ session, sections: lines, own }: OfferedLines): OfferForm {
	const bundled = bundleOf(session);
	const sections = lines.map((section, index) => sectionForm(section, index, session, bundled));
	if (!sections.some((section) => section.usable)) {
		throw invalid('has no audio or video section that is switched on');
	}
	const mids = sections.flatMap((section) => section.mid ?? []);
	if (new Set(mids).size !== mids.length) throw invalid('uses one a=mid for two sections');
	return { sections, own };
}

/** The mids of the BUNDLE group (RFC 9143). */
function bundleOf({ groups }: OfferedAttributes): readonly string[] {
	for (const group of groups) {
		const [semantics, ...mids] = group.split(' ');
		if (semantics === 'BUNDLE') return mids;
	}
	return [];
}

function sectionForm(
	lines: OfferedMedia,
	index: number,
	session: OfferedAttributes,
	bundle: readonly string[],
): SectionForm {
	const { kind, protocol, formats, mid, direction = session.direction, setup = session.setup } = lines;
	if (mid !== undefined && !TOKEN.test(mid)) throw invalid(`has an a=mid in section ${index} that is no token`);
	const common = { kind, protocol, formats, mid, setup };
	if (!isSwitchedOn(lines)) return { ...common, usable: false };
	if (direction === 'sendonly' || direction === 'inactive') {
		throw unsupported(`has a=${direction} in section ${index}; a viewer offers recvonly or sendrecv`);
	}
	if (!lines.rtcpMux) throw unsupported(`has no a=rtcp-mux in section ${index}; RTCP on its own port is not supported`);
	if (setup === 'passive') {
		throw unsupported(`has a=setup:passive in section ${index}; offer actpass or active`);
	}
	const bundled = mid !== undefined && bundle.includes(mid);
	return { ...common, usable: true, codecs: offeredCodecs(lines), bundled };
}

/** Port 0 switches a section off, but not one that is offered for the bundle alone (RFC 9143 section 6). */
function isSwitchedOn({ kind, port, protocol, bundleOnly }: OfferedMedia): boolean {
	if (kind !== 'audio' && kind !== 'video') return false;
	return (port !== 0 || bundleOnly === true) && protocol.endsWith('/TLS/RTP/SAVPF');
}

/** In the order of the browser's preference. */
function offeredCodecs({ kind, formats, rtpmaps, fmtp, feedback }: OfferedMedia): OfferedCodec[] {
	const codecs: OfferedCodec[] = [];
	const always = feedback.get('*') ?? [];
	for (const format of formats) {
		const payloadType = Number(format);
		const rtpmap = rtpmaps.get(payloadType);
		if (!rtpmap) {
			const implied = staticCodec(kind, payloadType);
			if (implied) codecs.push(implied);
			continue;
		}
		const text = fmtp.get(payloadType) ?? '';
		codecs.push({
			payloadType,
			name: rtpmap.encoding.toLowerCase(),
			clockRate: rtpmap.clockRate,
			channels: (kind === 'audio' ? rtpmap.channels : undefined) ?? 1,
			fmtp: text,
			parameters: formatParameters(text),
			feedback: [...always, ...(feedback.get(payloadType) ?? [])],
		});
	}
	return codecs;
}

/** Payload types with a meaning of their own (RFC 3551 section 6). */
function staticCodec(kind: string, payloadType: number): OfferedCodec | undefined {
	if (kind !== 'audio' || (payloadType !== 0 && payloadType !== 8)) return undefined;
	const name = payloadType === 0 ? 'pcmu' : 'pcma';
	return { payloadType, name, clockRate: 8000, channels: 1, fmtp: '', parameters: new Map(), feedback: [] };
}

function unsupported(problem: string): DualcastError {
	return new DualcastError('offer_unsupported', `the offer ${problem}`);
}
