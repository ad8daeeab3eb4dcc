import type { Problem } from './problem.ts';

/** The page was opened without the right token, which stands in its address. */
export const TOKEN_TROUBLE: readonly string[] = [
	'token_missing',
	'token_invalid',
	'token_expired',
	'token_revoked',
	'forbidden',
];

/** Asking again brings the same answer, and refused tokens count against everybody at this address. */
export function isFinal({ code }: Pick<Problem, 'code'>): boolean {
	return TOKEN_TROUBLE.includes(code) || code === 'stream_not_found';
}

const WORDS = new Map(
	Object.entries({
		token_missing: 'Open the link you were given: this address alone does not let you in.',
		token_invalid:
			'This link does not let you in, or no longer. Open the link you were given last, or ask for a new one.',
		token_expired: 'This link has expired. Ask for a new one.',
		token_revoked: 'This link was revoked. Ask for a new one.',
		forbidden: 'The link you were given does not allow this.',
		stream_not_found: 'There is no camera of this name here.',
	}),
);

/** A problem in words for who watches; the gateway's own are for who runs it. */
export function problemWords({ code, message }: Problem): string {
	return WORDS.get(code) ?? message;
}
