import { checkLine, invalid, NOT_BLANK, type OwnPlace } from './offer-lines.ts';

/** Lines that each offer has of its own: by nothing else do the offers of one browser differ. */
const OWN = /\n(o=|a=(?:ice-ufrag|ice-pwd|fingerprint|candidate|msid|ssrc):)[^\n]*/g;

/** What is said in its own lines by one section of an offer, or by the session; of what stands there twice, the last. */
export type OwnAttributes = {
	ufrag?: string;
	password?: string;
	readonly fingerprints: string[];
};

/** @returns the text with its own lines cut after their names, and those lines in their order */
export function splitOwnLines(text: string): { readonly form: string; readonly own: readonly string[] } {
	const own: string[] = [];
	const form = text.replace(OWN, (line: string, name: string) => {
		own.push(line);
		return `\n${name}`;
	});
	return { form, own };
}

/**
 * Reads an offer's own lines.
 *
 * @param places of the lines, one for each
 * @param sections of the offer
 * @returns what the session says, and each section
 * @throws DualcastError `offer_invalid` naming the line and what is wrong with it
 */
export function readOwnLines(own: readonly string[], places: readonly OwnPlace[], sections: number) {
	const session: OwnAttributes = { fingerprints: [] };
	const bySection = Array.from({ length: sections }, (): OwnAttributes => ({ fingerprints: [] }));
	for (const [index, { number, section }] of places.entries()) {
		const line = (own[index] as string).trim();
		checkLine(line, number);
		const colon = line.indexOf(':');
		const name = line.slice(2, colon);
		if (
			!takeOwn(section === undefined ? session : (bySection[section] as OwnAttributes), name, line.slice(colon + 1))
		) {
			throw invalid(`has a malformed a=${name} in line ${number}`);
		}
	}
	return { session, bySection };
}

/** @returns false when the value is missing */
function takeOwn(part: OwnAttributes, name: string, value: string): boolean {
	switch (name) {
		case 'ice-ufrag':
			part.ufrag = value;
			break;
		case 'ice-pwd':
			part.password = value;
			break;
		case 'fingerprint':
			part.fingerprints.push(value);
			break;
		default:
			return true;
	}
	return NOT_BLANK.test(value);
}
