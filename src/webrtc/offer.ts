import { DualcastError } from '../base/errors.ts';
import { formatParameters } from '../media/sdp.ts';
import { type OfferedAttributes, type OfferedLines, readLines } from './offer-lines.ts';

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

/** One `m=` section of the offer, in its place. */
export type OfferedSection = {
	readonly kind: string;
	readonly protocol: string;
	/** The format list as offered. */
	readonly formats: readonly string[];
	readonly mid: string | undefined;
} & (ForeignSection | MediaSection);

export type UsableSection = Extract<OfferedSection, { usable: true }>;

export type Offer = {
	readonly sections: readonly OfferedSection[];
};

type OfferedMedia = OfferedLines['sections'][number];

const ICE_CHARACTERS = /^[A-Za-z0-9+/]+$/;
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
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
 * @throws DualcastError `offer_invalid` naming what is wrong; `offer_unsupported` when the offer is sound but asks
 * for what a viewer's session cannot do (sending, another DTLS role, RTCP on a port of its own)
 */
export function parseOffer(text: string): Offer {
	const lines = readLines(text);
	const bundled = bundleOf(lines.session);
	const transports = lines.sections.map((section) => offeredTransport(section, lines.session));
	const shared = transports.find((transport) => transport !== undefined);
	const sections = lines.sections.map((section, index) =>
		offeredSection(section, index, transports[index] ?? shared, lines.session, bundled),
	);
	if (!sections.some((section) => section.usable)) {
		throw invalid('has no audio or video section that is switched on');
	}
	const mids = sections.flatMap((section) => section.mid ?? []);
	if (new Set(mids).size !== mids.length) throw invalid('uses one a=mid for two sections');
	return { sections };
}

/** The mids of the BUNDLE group (RFC 9143). */
function bundleOf({ groups }: OfferedAttributes): readonly string[] {
	for (const group of groups) {
		const [semantics, ...mids] = group.split(' ');
		if (semantics === 'BUNDLE') return mids;
	}
	return [];
}

function offeredSection(
	lines: OfferedMedia,
	index: number,
	transport: OfferedTransport | undefined,
	session: OfferedAttributes,
	bundle: readonly string[],
): OfferedSection {
	const { kind, protocol, formats, mid, direction } = lines;
	if (mid !== undefined && !TOKEN.test(mid)) throw invalid(`has an a=mid in section ${index} that is no token`);
	const common = { kind, protocol, formats, mid };
	if (!isSwitchedOn(lines)) return { ...common, usable: false };
	if (direction === 'sendonly' || direction === 'inactive') {
		throw unsupported(`has a=${direction} in section ${index}; a viewer offers recvonly or sendrecv`);
	}
	if (!lines.rtcpMux) throw unsupported(`has no a=rtcp-mux in section ${index}; RTCP on its own port is not supported`);
	if ((lines.setup ?? session.setup) === 'passive') {
		throw unsupported(`has a=setup:passive in section ${index}; offer actpass or active`);
	}
	if (!transport) throw invalid('has no usable ICE credentials, a=setup or a=fingerprint with SHA-256, 384 or 512');
	const bundled = mid !== undefined && bundle.includes(mid);
	return { ...common, usable: true, codecs: offeredCodecs(lines), transport, bundled };
}

/** Port 0 switches a section off, but not one that is offered for the bundle alone (RFC 9143 section 6). */
function isSwitchedOn({ kind, port, protocol, bundleOnly }: OfferedMedia): boolean {
	if (kind !== 'audio' && kind !== 'video') return false;
	return (port !== 0 || bundleOnly === true) && protocol.endsWith('/TLS/RTP/SAVPF');
}

/** Undefined when the section has none of its own: a bundled section may leave it to another one. */
function offeredTransport(section: OfferedMedia, session: OfferedAttributes): OfferedTransport | undefined {
	const ufrag = section.ufrag ?? session.ufrag;
	const password = section.password ?? session.password;
	if (!ufrag || !password || !SETUPS.has(section.setup ?? session.setup)) return undefined;
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

function invalid(problem: string): DualcastError {
	return new DualcastError('offer_invalid', `the offer ${problem}`);
}

function unsupported(problem: string): DualcastError {
	return new DualcastError('offer_unsupported', `the offer ${problem}`);
}
