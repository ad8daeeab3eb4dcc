import { OFFER_LIMITS } from './limits.ts';
import { OfferForms } from './offer-form.ts';
import { invalid } from './offer-lines.ts';
import { type OwnAttributes, readOwnLines, splitOwnLines } from './own-lines.ts';

/** One payload type of an offered section. */
export type OfferedCodec = {
	/** 0 … 127 */
	readonly payloadType: number;
	/** Lower case, as `h264`. */
	readonly name: string;
	readonly clockRate: number;
	/** 1 unless given. */
	readonly channels: number;
	/** The text of `a=fmtp` as offered; may be empty. */
	readonly fmtp: string;
	/** `a=fmtp` parameters by lower-case name. */
	readonly parameters: ReadonlyMap<string, string>;
	/** `a=rtcp-fb` values, as `nack pli`. */
	readonly feedback: readonly string[];
};

/** ICE credentials (RFC 8839) and certificate fingerprint (RFC 8122) of a section. */
export type OfferedTransport = {
	readonly ufrag: string;
	readonly password: string;
	readonly fingerprint: { readonly algorithm: string; readonly value: string };
};

/** A section that only has to be rejected: switched off, or nothing we know. */
export type ForeignSection = { readonly usable: false };
/** An audio or video section that wants to receive. */
export type MediaSection = {
	readonly usable: true;
	readonly codecs: readonly OfferedCodec[];
	readonly transport: OfferedTransport;
	/** In the BUNDLE group. */
	readonly bundled: boolean;
};

/** What any `m=` section says. */
export type SectionPlace = {
	readonly kind: string;
	readonly protocol: string;
	/** The format list as offered. */
	readonly formats: readonly string[];
	readonly mid: string | undefined;
};

/** One `m=` section of the offer, in its place. */
export type OfferedSection = SectionPlace & (ForeignSection | MediaSection);

export type UsableSection = Extract<OfferedSection, { usable: true }>;

export type Offer = {
	readonly sections: readonly OfferedSection[];
};

const ICE_CHARACTERS = /^[A-Za-z0-9+/]+$/;
const FINGERPRINT = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+$/;
/** Values of `a=setup` (RFC 4145 section 4). */
const SETUPS: ReadonlySet<string | undefined> = new Set(['actpass', 'active', 'passive']);
/** Bytes of each accepted hash (RFC 8122 section 5), the preferred one first. */
const HASHES = new Map([
	['sha-256', 32],
	['sha-384', 48],
	['sha-512', 64],
]);

/**
 * Reads a WHEP offer. Candidates and header extensions are not looked at: this side checks no candidates and uses
 * no extensions.
 *
 * @param forms what is known from offers before
 * @throws DualcastError `offer_invalid` naming what is wrong; `offer_unsupported` when the offer is sound but asks
 * for what a viewer's session cannot do (sending, another DTLS role, RTCP on a port of its own)
 */
export function parseOffer(text: string, forms = new OfferForms()): Offer {
	if (text.trim() === '') throw invalid('is empty');
	if (text.length > OFFER_LIMITS.characters) throw invalid(`is longer than ${OFFER_LIMITS.characters} characters`);
	const { form: formText, own } = splitOwnLines(text);
	const form = forms.read(formText);
	const { session, bySection } = readOwnLines(own, form.own, form.sections.length);
	const transports = form.sections.map(({ setup }, index) =>
		SETUPS.has(setup) ? offeredTransport(bySection[index] as OwnAttributes, session) : undefined,
	);
	const shared = transports.find((transport) => transport !== undefined);
	return {
		sections: form.sections.map((section, index): OfferedSection => {
			if (!section.usable) return section;
			const transport = transports[index] ?? shared;
			if (transport) return { ...section, transport };
			throw invalid('has no usable ICE credentials, a=setup or a=fingerprint with SHA-256, 384 or 512');
		}),
	};
}

/** Undefined when the section has none of its own: a bundled section may leave it to another one. */
function offeredTransport(section: OwnAttributes, session: OwnAttributes): OfferedTransport | undefined {
	const ufrag = section.ufrag ?? session.ufrag;
	const password = section.password ?? session.password;
	if (!ufrag || !password) return undefined;
	if (!isIceText(ufrag, 4) || !isIceText(password, 22)) {
		throw invalid('has an a=ice-ufrag or a=ice-pwd of wrong length or characters');
	}
	const offered = [...session.fingerprints, ...section.fingerprints].map((print) => print.split(' '));
	for (const [algorithm, bytes] of HASHES) {
		for (const [name, value = ''] of offered) {
			if (name?.toLowerCase() !== algorithm) continue;
			if (value.length !== bytes * 3 - 1 || !FINGERPRINT.test(value)) {
				throw invalid(`has an a=fingerprint that is no ${algorithm} value`);
			}
			return { ufrag, password, fingerprint: { algorithm, value: value.toUpperCase() } };
		}
	}
	return undefined;
}

function isIceText(text: string, least: number): boolean {
	return text.length >= least && text.length <= 256 && ICE_CHARACTERS.test(text);
}
