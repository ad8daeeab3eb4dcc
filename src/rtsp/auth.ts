import { createHash } from 'node:crypto';
import type { Challenge, DigestHash } from './challenge.ts';

export type Credentials = { readonly username: string; readonly password: string };

type DigestChallenge = Extract<Challenge, { scheme: 'digest' }>;

/** Writes `Authorization` headers for one connection. Nothing is sent before a challenge was taken. */
export class Authorizer {
	readonly #credentials: Credentials;
	readonly #random: () => number;
	#challenge: Challenge | undefined;
	#uses = 0;
	/** One for each challenge: the secret of a `-sess` algorithm is made with that of the first request. */
	#clientNonce = '';

	/** @param random a number in [0, 1), for the client nonce */
	constructor(credentials: Credentials, random: () => number) {
		this.#credentials = credentials;
		this.#random = random;
	}

	/** Answers this challenge from now on. */
	take(challenge: Challenge): void {
		this.#challenge = challenge;
		this.#uses = 0;
		this.#clientNonce = '';
		for (let digit = 0; digit < 16; digit++) this.#clientNonce += Math.floor(this.#random() * 16).toString(16);
	}

	/**
	 * @param uri exactly as in the request line
	 * @returns undefined as long as nobody asked
	 */
	authorize(method: string, uri: string): string | undefined {
		if (this.#challenge === undefined) return undefined;
		if (this.#challenge.scheme === 'basic') return basicAuthorization(this.#credentials);
		this.#uses += 1;
		const nonce = { count: this.#uses, client: this.#clientNonce };
		return digestAuthorization(this.#challenge, this.#credentials, method, uri, nonce);
	}
}

/** RFC 7617 section 2, in UTF-8. */
export function basicAuthorization({ username, password }: Credentials): string {
	return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/**
 * RFC 7616 section 3.4; without `qop` the form of RFC 2069.
 *
 * @param nonce how often the server's nonce was used including this time, and the client's own nonce
 */
export function digestAuthorization(
	challenge: DigestChallenge,
	{ username, password }: Credentials,
	method: string,
	uri: string,
	nonce: { readonly count: number; readonly client: string },
): string {
	const { hash, realm } = challenge;
	let secret = digest(hash, `${username}:${realm}:${password}`);
	if (challenge.session) secret = digest(hash, `${secret}:${challenge.nonce}:${nonce.client}`);
	const what = digest(hash, `${method}:${uri}`);
	const count = nonce.count.toString(16).padStart(8, '0');
	const middle = challenge.qopAuth ? `${challenge.nonce}:${count}:${nonce.client}:auth` : challenge.nonce;
	const fields = [
		`username="${username.replace(/["\\]/g, '\\$&')}"`,
		`realm="${realm}"`,
		`nonce="${challenge.nonce}"`,
		`uri="${uri}"`,
		`response="${digest(hash, `${secret}:${middle}:${what}`)}"`,
	];
	if (challenge.algorithm !== undefined) fields.push(`algorithm=${challenge.algorithm}`);
	if (challenge.opaque !== undefined) fields.push(`opaque="${challenge.opaque}"`);
	if (challenge.qopAuth) fields.push('qop=auth', `nc=${count}`);
	if (challenge.qopAuth || challenge.session) fields.push(`cnonce="${nonce.client}"`);
	return `Digest ${fields.join(', ')}`;
}

function digest(hash: DigestHash, text: string): string {
	return createHash(hash).update(text, 'utf8').digest('hex');
}
