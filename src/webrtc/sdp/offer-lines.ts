import { DualcastError } from '../../base/errors.ts';
import { OFFER_LIMITS } from '../limits.ts';

/** `m=` (RFC 8866 section 5.14). */
type MediaLine = {
	readonly kind: string;
	readonly port: number;
	readonly protocol: string;
	readonly formats: readonly string[];
};

/** `a=rtpmap`; channels only where given. */
export type OfferedRtpMap = {
	readonly encoding: string;
	readonly clockRate: number;
	readonly channels: number | undefined;
};

/**
 * The attributes of a section, or of the session, that mean something for a viewer's session, as written: all others
 * are passed over unread. Of one that stands there twice the last counts, and the first rtpmap of a payload type.
 */
export type OfferedAttributes = {
	setup?: string;
	mid?: string;
	direction?: 'recvonly' | 'sendonly' | 'sendrecv' | 'inactive';
	rtcpMux?: true;
	bundleOnly?: true;
	readonly groups: string[];
	/** By payload type, as the next two. */
	readonly rtpmaps: Map<number, OfferedRtpMap>;
	readonly fmtp: Map<number, string>;
	/** `*` is for every payload type. */
	readonly feedback: Map<number | '*', string[]>;
};

/** The place of a line that is an offer's own. */
export type OwnPlace = {
	/** In the text, from 1. */
	readonly number: number;
	/** Of the section it stands in; undefined for the session. */
	readonly section: number | undefined;
};

export type OfferedLines = {
	readonly session: OfferedAttributes;
	readonly sections: readonly (OfferedAttributes & MediaLine)[];
	/** In their order. */
	readonly own: readonly OwnPlace[];
};

/** No value of SDP holds one (RFC 8866 section 9), and parts of an offer go into its answer. */
const CONTROL = /[^\P{Cc}\t]/u;
const TYPE = /^[a-z]=/;
const MEDIA = /^m=([a-z]+) (\d{1,5}) ([A-Z/]+) ([^ ]+(?: [^ ]+)*)$/;
const RTPMAP = /^(\d{1,2}|1[01]\d|12[0-7]) ([^ /]+)\/(\d{1,9})(?:\/(\d{1,3}))?$/;
const FMTP = /^(\d{1,3}) (\S.*)$/;
const FEEDBACK = /^(\d{1,3}|\*) (\S+)(?: (\S+))?/;
export const NOT_BLANK = /\S/;
/** What `splitOwnLines` leaves of an offer's own lines. */
const OWN = /^(?:o=|a=(?:ice-ufrag|ice-pwd|fingerprint|candidate|msid|ssrc):)$/;

/**
 * Reads the lines of an offer that mean something, all of them checked for size and form.
 *
 * @param text as `splitOwnLines` leaves it
 * @throws DualcastError `offer_invalid` naming the line and what is wrong with it
 */
export function readLines(text: string): OfferedLines {
	const lines = text.split('\n', OFFER_LIMITS.lines + 1);
	if (lines.length > OFFER_LIMITS.lines) throw invalid(`has more than ${OFFER_LIMITS.lines} lines`);
	if (lines[0]?.trim() !== 'v=0') throw invalid('does not begin with v=0');
	const session = noAttributes();
	const sections: (OfferedAttributes & MediaLine)[] = [];
	const own: OwnPlace[] = [];
	let part = session;
	for (let number = 1; number <= lines.length; number++) {
		const line = (lines[number - 1] as string).trimEnd();
		if (line === '') continue;
		checkLine(line, number);
		if (OWN.test(line)) {
			own.push({ number, section: sections.length === 0 ? undefined : sections.length - 1 });
		} else if (line.startsWith('a=')) {
			readAttribute(part, line, number);
		} else if (line.startsWith('m=')) {
			const section = { ...readMedia(line, number), ...noAttributes() };
			sections.push(section);
			part = section;
		}
	}
	if (sections.length === 0) throw invalid('has no m= section');
	if (sections.length > OFFER_LIMITS.sections) throw invalid(`has more than ${OFFER_LIMITS.sections} m= sections`);
	return { session, sections, own };
}

function noAttributes(): OfferedAttributes {
	return { groups: [], rtpmaps: new Map(), fmtp: new Map(), feedback: new Map() };
}

/** @throws DualcastError `offer_invalid` for a line that is too long, or no SDP */
export function checkLine(line: string, number: number): void {
	if (line.length > OFFER_LIMITS.lineCharacters) {
		throw invalid(`is longer than ${OFFER_LIMITS.lineCharacters} characters in line ${number}`);
	}
	if (CONTROL.test(line)) throw invalid(`has a control character in line ${number}`);
	if (!TYPE.test(line)) throw invalid(`is not SDP: line ${number} has no type letter and "="`);
}

function readMedia(line: string, number: number): MediaLine {
	const [, kind, port, protocol, formats] = MEDIA.exec(line) ?? [];
	if (kind === undefined || protocol === undefined || formats === undefined) {
		throw invalid(`has an m= section without port, protocol or formats in line ${number}`);
	}
	return { kind, port: Number(port), protocol, formats: formats.split(' ') };
}

function readAttribute(part: OfferedAttributes, line: string, number: number): void {
	const colon = line.indexOf(':');
	const name = line.slice(2, colon < 0 ? undefined : colon);
	const value = colon < 0 ? '' : line.slice(colon + 1);
	if (!takeAttribute(part, name, value)) throw invalid(`has a malformed a=${name} in line ${number}`);
}

/** @returns false when the value has not the form of this attribute */
function takeAttribute(part: OfferedAttributes, name: string, value: string): boolean {
	switch (name) {
		case 'rtpmap':
			return takeRtpMap(part, value);
		case 'fmtp':
			return takeFmtp(part, value);
		case 'rtcp-fb':
			return takeFeedback(part, value);
		case 'group':
			part.groups.push(value);
			break;
		case 'setup':
			part.setup = value;
			break;
		case 'mid':
			part.mid = value;
			break;
		case 'recvonly':
		case 'sendonly':
		case 'sendrecv':
		case 'inactive':
			part.direction = name;
			return true;
		case 'rtcp-mux':
			part.rtcpMux = true;
			return true;
		case 'bundle-only':
			part.bundleOnly = true;
			return true;
		default:
			return true;
	}
	return NOT_BLANK.test(value);
}

function takeRtpMap({ rtpmaps }: OfferedAttributes, value: string): boolean {
	const [, type, encoding, clockRate, channels] = RTPMAP.exec(value) ?? [];
	if (encoding === undefined) return false;
	const payloadType = Number(type);
	if (rtpmaps.has(payloadType)) return true;
	if (rtpmaps.size === OFFER_LIMITS.codecs) throw invalid(`has more than ${OFFER_LIMITS.codecs} codecs in a section`);
	rtpmaps.set(payloadType, {
		encoding,
		clockRate: Number(clockRate),
		channels: channels === undefined ? undefined : Number(channels),
	});
	return true;
}

function takeFmtp({ fmtp }: OfferedAttributes, value: string): boolean {
	const [, type, parameters] = FMTP.exec(value) ?? [];
	if (parameters === undefined) return false;
	fmtp.set(Number(type), parameters);
	return true;
}

function takeFeedback({ feedback }: OfferedAttributes, value: string): boolean {
	const [, type, kind, parameter] = FEEDBACK.exec(value) ?? [];
	if (kind === undefined) return false;
	const key = type === '*' ? type : Number(type);
	const said = parameter === undefined ? kind : `${kind} ${parameter}`;
	const known = feedback.get(key);
	if (known) known.push(said);
	else feedback.set(key, [said]);
	return true;
}

export function invalid(problem: string): DualcastError {
	return new DualcastError('offer_invalid', `the offer ${problem}`);
}
