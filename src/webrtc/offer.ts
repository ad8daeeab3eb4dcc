import { type MediaDescription, SessionDescription } from 'werift';
import { DualcastError, toError } from '../base/errors.ts';
import { readableLines } from './offer-lines.ts';

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

const ICE_CHARACTERS = /^[A-Za-z0-9+/]+$/;
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
const FINGERPRINT = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+$/;
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
	const lines = readableLines(text);
	let description: SessionDescription;
	try {
		description = SessionDescription.parse(`${lines.join('\r\n')}\r\n`);
	} catch (thrown) {
		throw invalid(`cannot be read (${toError(thrown).message})`, thrown);
	}
	const bundle = description.group.find((group) => group.semantic === 'BUNDLE')?.items;
	const transports = description.media.map((media) => offeredTransport(media));
	const shared = transports.find((transport) => transport !== undefined);
	const sections = description.media.map((media, index) =>
		offeredSection(media, index, transports[index] ?? shared, bundle),
	);
	if (!sections.some((section) => section.usable)) {
		throw invalid('has no audio or video section that is switched on');
	}
	const mids = sections.flatMap((section) => section.mid ?? []);
	if (new Set(mids).size !== mids.length) throw invalid('uses one a=mid for two sections');
	return { sections };
}

function offeredSection(
	media: MediaDescription,
	index: number,
	transport: OfferedTransport | undefined,
	bundle: readonly string[] | undefined,
): OfferedSection {
	const mid = media.rtp.muxId || undefined;
	if (mid !== undefined && !TOKEN.test(mid)) throw invalid(`has an a=mid in section ${index} that is no token`);
	const common = { kind: media.kind, protocol: media.profile, formats: media.fmt.map(String), mid };
	const known = media.kind === 'audio' || media.kind === 'video';
	if (!known || media.port === 0 || !media.profile.endsWith('/TLS/RTP/SAVPF')) return { ...common, usable: false };
	if (media.direction === 'sendonly' || media.direction === 'inactive') {
		throw unsupported(`has a=${media.direction} in section ${index}; a viewer offers recvonly or sendrecv`);
	}
	if (!media.rtcpMux) throw unsupported(`has no a=rtcp-mux in section ${index}; RTCP on its own port is not supported`);
	const role: string | undefined = media.dtlsParams?.role;
	if (role === 'server') throw unsupported(`has a=setup:passive in section ${index}; offer actpass or active`);
	if (!transport) throw invalid('has no usable ICE credentials, a=setup or a=fingerprint with SHA-256, 384 or 512');
	return {
		...common,
		usable: true,
		codecs: offeredCodecs(media),
		transport,
		bundled: mid !== undefined && bundle?.includes(mid) === true,
	};
}

/** Undefined when the section has none of its own: a bundled section may leave it to another one. */
function offeredTransport(media: MediaDescription): OfferedTransport | undefined {
	const ufrag = media.iceParams?.usernameFragment;
	const password = media.iceParams?.password;
	const offered = media.dtlsParams;
	if (!ufrag || !password || !offered) return undefined;
	if (!isIceText(ufrag, 4) || !isIceText(password, 22)) {
		throw invalid('has an a=ice-ufrag or a=ice-pwd of wrong length or characters');
	}
	for (const [algorithm, bytes] of HASHES) {
		for (const print of offered.fingerprints) {
			const value = print.value ?? '';
			if (print.algorithm?.toLowerCase() !== algorithm) continue;
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
function offeredCodecs(media: MediaDescription): OfferedCodec[] {
	const codecs: OfferedCodec[] = [];
	for (const format of media.fmt) {
		const payloadType = Number(format);
		const described = media.rtp.codecs.find((codec) => codec.payloadType === payloadType);
		if (!described) {
			const implied = staticCodec(media.kind, payloadType);
			if (implied) codecs.push(implied);
			continue;
		}
		const fmtp = described.parameters ?? '';
		codecs.push({
			payloadType,
			name: described.name.toLowerCase(),
			clockRate: described.clockRate,
			channels: described.channels ?? 1,
			fmtp,
			parameters: formatParameters(fmtp),
			feedback: described.rtcpFeedback.map(({ type, parameter }) => (parameter ? `${type} ${parameter}` : type)),
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

function formatParameters(fmtp: string): ReadonlyMap<string, string> {
	const parameters = new Map<string, string>();
	for (const parameter of fmtp.split(';')) {
		const [name = '', value = ''] = parameter.split('=', 2);
		if (name.trim() !== '') parameters.set(name.trim().toLowerCase(), value.trim());
	}
	return parameters;
}

function invalid(problem: string, cause?: unknown): DualcastError {
	return new DualcastError('offer_invalid', `the offer ${problem}`, { cause });
}

function unsupported(problem: string): DualcastError {
	return new DualcastError('offer_unsupported', `the offer ${problem}`);
}
