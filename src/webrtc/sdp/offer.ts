import { OFFER_LIMITS } from '../limits.ts';
import { OfferForms } from './offer-form.ts';
import { invalid } from './offer-lines.ts';
import type { OfferedSection, OfferedTransport } from './offered-section.ts';
import { type OwnAttributes, readOwnLines, splitOwnLines } from './own-lines.ts';

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
