import { DualcastError } from '../../base/errors.ts';
import { OFFER_LIMITS } from '../limits.ts';
import type { LocalParameters } from '../transport/secure-transport.ts';

/** The ICE credentials of one side. */
export type FragmentCredentials = { readonly ufrag: string; readonly password: string };

const ICE_CHARS = '[A-Za-z0-9+/]';
const UFRAG = new RegExp(`^${ICE_CHARS}{4,256}$`);
const PASSWORD = new RegExp(`^${ICE_CHARS}{22,256}$`);
/** An empty candidate is the end of candidates in Firefox, and players write it as an attribute: `a=` alone. */
const LINE = /^(?:a=$|[am]=\S)/;

/**
 * The credentials in a viewer's fragment (`application/trickle-ice-sdpfrag`, RFC 8840 9). Its candidates are not read:
 * a lite agent answers from where checks come.
 *
 * @throws DualcastError `offer_invalid` when it is no fragment or its sections disagree
 */
export function parseIceFragment(text: string): FragmentCredentials {
	if (text.length > OFFER_LIMITS.characters) throw invalid(`is longer than ${OFFER_LIMITS.characters} characters`);
	const lines = text.split(/\r?\n/, OFFER_LIMITS.lines + 1).filter((line) => line !== '');
	if (lines.length > OFFER_LIMITS.lines) throw invalid(`has more than ${OFFER_LIMITS.lines} lines`);
	const bad = lines.findIndex((line) => !LINE.test(line));
	if (lines.length === 0 || bad >= 0) throw invalid(`has no a= or m= in line ${bad + 1}`);
	return { ufrag: theOne(lines, 'ice-ufrag', UFRAG), password: theOne(lines, 'ice-pwd', PASSWORD) };
}

/** Our side of a restart: new credentials and all candidates. */
export function writeIceFragment({ ufrag, password, candidates }: LocalParameters): string {
	const lines = [
		'a=ice-lite',
		`a=ice-ufrag:${ufrag}`,
		`a=ice-pwd:${password}`,
		...candidates.map((candidate) => `a=candidate:${candidate}`),
		'a=end-of-candidates',
	];
	return `${lines.join('\r\n')}\r\n`;
}

function theOne(lines: readonly string[], name: string, form: RegExp): string {
	const prefix = `a=${name}:`;
	const values = new Set(
		lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim()),
	);
	const [value = ''] = values;
	if (values.size !== 1 || !form.test(value)) throw invalid(`must have one a=${name} for the whole bundle`);
	return value;
}

function invalid(problem: string): DualcastError {
	return new DualcastError('offer_invalid', `the ICE fragment ${problem}`);
}
