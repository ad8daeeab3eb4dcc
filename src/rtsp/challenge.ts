/** What a server asks for with a 401 (RFC 7617, RFC 7616). */
export type Challenge =
	| { readonly scheme: 'basic'; readonly realm: string }
	| {
			readonly scheme: 'digest';
			readonly realm: string;
			readonly nonce: string;
			readonly opaque: string | undefined;
			readonly hash: DigestHash;
			/** The `-sess` variant: the nonces are part of the secret. */
			readonly session: boolean;
			/** As written, to be quoted back; undefined when left out. */
			readonly algorithm: string | undefined;
			/** `auth` was offered; without it the RFC 2069 form is meant. */
			readonly qopAuth: boolean;
			/** The last nonce was too old; the password may be right. */
			readonly stale: boolean;
	  };

/** Hash functions as `node:crypto` names them. */
export type DigestHash = 'md5' | 'sha256' | 'sha512-256';

type Offer = { readonly scheme: string; readonly parameters: Map<string, string> };

const PART = /([a-z][a-z0-9_-]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"\\]*)))?/gi;
const ALGORITHM = /^(md5|sha-256|sha-512-256)(-sess)?$/;
const STRENGTH: readonly string[] = ['basic', 'md5', 'sha256', 'sha512-256'];

/**
 * The strongest challenge of a 401 that can be answered.
 *
 * @param headers every `WWW-Authenticate`; one may hold several challenges
 * @returns undefined when none is known
 */
export function chooseChallenge(headers: readonly string[]): Challenge | undefined {
	let best: Challenge | undefined;
	for (const offer of headers.flatMap(splitOffers)) {
		const challenge = readOffer(offer);
		if (challenge && (!best || strength(challenge) > strength(best))) best = challenge;
	}
	return best;
}

/** Whether who answers it can be shown in turn that the server knows the password (RFC 7616 section 3.5). */
export function canProve(challenge: Challenge | undefined): challenge is Extract<Challenge, { scheme: 'digest' }> {
	return challenge?.scheme === 'digest' && challenge.qopAuth && challenge.hash !== 'md5';
}

function strength(challenge: Challenge): number {
	return STRENGTH.indexOf(challenge.scheme === 'basic' ? 'basic' : challenge.hash);
}

/** A word that is not followed by `=` is the name of a scheme and starts the next challenge. */
function splitOffers(header: string): Offer[] {
	const offers: Offer[] = [];
	for (const [whole, name = '', quoted, plain] of header.matchAll(PART)) {
		if (!whole.includes('=')) offers.push({ scheme: name.toLowerCase(), parameters: new Map() });
		else offers.at(-1)?.parameters.set(name.toLowerCase(), quoted ?? plain ?? '');
	}
	return offers;
}

function readOffer({ scheme, parameters }: Offer): Challenge | undefined {
	const realm = parameters.get('realm') ?? '';
	if (scheme === 'basic') return { scheme, realm };
	const nonce = parameters.get('nonce');
	const algorithm = parameters.get('algorithm');
	const [, name, session] = ALGORITHM.exec((algorithm || 'MD5').toLowerCase()) ?? [];
	if (scheme !== 'digest' || nonce === undefined || name === undefined) return undefined;
	const qop = parameters
		.get('qop')
		?.toLowerCase()
		.split(/[\s,]+/)
		.filter((option) => option !== '');
	const qopAuth = qop?.includes('auth') ?? false;
	if (qop && qop.length > 0 && !qopAuth) return undefined;
	return {
		scheme,
		realm,
		nonce,
		opaque: parameters.get('opaque'),
		hash: name === 'md5' ? 'md5' : name === 'sha-256' ? 'sha256' : 'sha512-256',
		session: session !== undefined,
		algorithm: algorithm || undefined,
		qopAuth,
		stale: parameters.get('stale')?.toLowerCase() === 'true',
	};
}
