import { DualcastError } from '../base/errors.ts';
import { OFFER_LIMITS } from './limits.ts';

/** Attributes that mean something for a viewer's session; all others are passed over unread. */
const READ = new Set([
	'group',
	'ice-ufrag',
	'ice-pwd',
	'fingerprint',
	'setup',
	'mid',
	'bundle-only',
	'rtcp-mux',
	'recvonly',
	'sendonly',
	'sendrecv',
	'inactive',
	'rtpmap',
	'fmtp',
	'rtcp-fb',
]);
/** No value of SDP holds one (RFC 8866 section 9), and parts of an offer go into its answer. */
const CONTROL = /[^\P{Cc}\t]/u;
const MEDIA_LINE = /^m=[a-z]+ \d{1,5}(?:\/\d+)? [A-Z/]+( [^ ]+)+$/;
const RTPMAP = /^a=rtpmap:(\d{1,2}|1[01]\d|12[0-7]) [^ /]+\/\d{1,9}(?:\/\d{1,3})?$/;
const FMTP = /^a=fmtp:(\d{1,3}) \S.*$/;
const VALUE = /^a=[a-z-]+:\s*\S/;
/** The form of an attribute that is read. */
const FORMS = new Map([
	['rtpmap', RTPMAP],
	['fmtp', FMTP],
	['rtcp-fb', /^a=rtcp-fb:(?:\d{1,3}|\*) \S/],
	...['group', 'ice-ufrag', 'ice-pwd', 'fingerprint', 'setup', 'mid'].map((name) => [name, VALUE] as const),
]);

/**
 * The lines of an offer that are worth parsing, checked for size and form.
 *
 * @throws DualcastError `offer_invalid` naming the line and what is wrong with it
 */
export function readableLines(text: string): string[] {
	if (text.trim() === '') throw invalid('is empty');
	if (text.length > OFFER_LIMITS.characters) throw invalid(`is longer than ${OFFER_LIMITS.characters} characters`);
	const lines = text.split(/\r?\n/, OFFER_LIMITS.lines + 1);
	if (lines.length > OFFER_LIMITS.lines) throw invalid(`has more than ${OFFER_LIMITS.lines} lines`);
	if (lines[0]?.trim() !== 'v=0') throw invalid('does not begin with v=0');
	const parts: string[][] = [[]];
	for (const [index, untrimmed] of lines.entries()) {
		const line = untrimmed.trimEnd();
		if (line === '') continue;
		checkLine(line, `line ${index + 1}`);
		if (line.startsWith('m=')) parts.push([line]);
		else if (READ.has(attributeName(line))) parts.at(-1)?.push(line);
	}
	if (parts.length === 1) throw invalid('has no m= section');
	if (parts.length > OFFER_LIMITS.sections + 1) throw invalid(`has more than ${OFFER_LIMITS.sections} m= sections`);
	return parts.map(bundleOnlySwitchedOn).flatMap(withoutOrphans);
}

function checkLine(line: string, where: string): void {
	if (line.length > OFFER_LIMITS.lineCharacters) {
		throw invalid(`is longer than ${OFFER_LIMITS.lineCharacters} characters in ${where}`);
	}
	if (CONTROL.test(line)) throw invalid(`has a control character in ${where}`);
	if (!/^[a-z]=/.test(line)) throw invalid(`is not SDP: ${where} has no type letter and "="`);
	if (line.startsWith('m=')) {
		if (!MEDIA_LINE.test(line)) throw invalid(`has an m= section without port, protocol or formats in ${where}`);
		return;
	}
	const form = FORMS.get(attributeName(line));
	if (form && !form.test(line)) throw invalid(`has a malformed a=${attributeName(line)} in ${where}`);
}

/** Empty for lines that are no attribute. */
function attributeName(line: string): string {
	if (!line.startsWith('a=')) return '';
	const colon = line.indexOf(':');
	return line.slice(2, colon < 0 ? undefined : colon);
}

/** Port 0 switches a section off, but not one that is offered for the bundle alone (RFC 9143 section 6). */
function bundleOnlySwitchedOn(section: readonly string[]): readonly string[] {
	const [line = '', ...rest] = section;
	return rest.includes('a=bundle-only') ? [line.replace(/^(m=[a-z]+) 0 /, '$1 9 '), ...rest] : section;
}

/** Format parameters of a payload type without `a=rtpmap` say nothing, but the parser stumbles over them. */
function withoutOrphans(section: readonly string[]): readonly string[] {
	const described = new Set(section.map((line) => RTPMAP.exec(line)?.[1]));
	if (described.size > OFFER_LIMITS.codecs) throw invalid(`has more than ${OFFER_LIMITS.codecs} codecs in a section`);
	return section.filter((line) => {
		const type = FMTP.exec(line)?.[1];
		return type === undefined || described.has(type);
	});
}

function invalid(problem: string): DualcastError {
	return new DualcastError('offer_invalid', `the offer ${problem}`);
}
