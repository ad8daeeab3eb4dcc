import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../base/rtsp-url.ts';
import { type Challenge, canProve, type DigestHash } from './challenge.ts';

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

	/**
	 * Whether an answer to the last request that was authorized shows that the server, too, knows the password
	 * (RFC 7616 section 3.5). Without `qop` no server can show it.
	 *
	 * @param info the answer's `Authentication-Info`
	 */
	isProven(uri: string, info: string | undefined): boolean {
		const challenge = this.#challenge;
		if (!canProve(challenge)) return false;
		const nonce = { server: challenge.nonce, count: countText(this.#uses), client: this.#clientNonce };
		const { hash, realm, session } = challenge;
		const secret = digestSecret(hash, this.#credentials, realm, session ? nonce : undefined);
		const given = /(?:^|[\s,])rspauth="([0-9a-f]+)"/i.exec(info ?? '')?.[1] ?? '';
		return this.#uses > 0 && sameText(given, digestProof(hash, secret, nonce, uri));
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
	const session = challenge.session ? { server: challenge.nonce, client: nonce.client } : undefined;
	const secret = digestSecret(hash, { username, password }, realm, session);
	const what = digest(hash, `${method}:${uri}`);
	const count = countText(nonce.count);
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

/** The hash of name, realm and password; of the `-sess` algorithms with the nonces in it. */
export function digestSecret(
	hash: DigestHash,
	{ username, password }: Credentials,
	realm: string,
	session?: { readonly server: string; readonly client: string },
): string {
	const secret = digest(hash, `${username}:${realm}:${password}`);
	return session ? digest(hash, `${secret}:${session.server}:${session.client}`) : secret;
}

/** The `rspauth` by which a server shows that it knows the secret: that of a request without a method (RFC 7616 3.5). */
export function digestProof(
	hash: DigestHash,
	secret: string,
	nonce: { readonly server: string; readonly count: string; readonly client: string },
	uri: string,
): string {
	return digest(hash, `${secret}:${nonce.server}:${nonce.count}:${nonce.client}:auth:${digest(hash, `:${uri}`)}`);
}

/** Compares in a time that says nothing of where two texts differ. */
export function sameText(a: string, b: string): boolean {
	const [left, right] = [a, b].map((text) => createHash('sha256').update(text, 'utf8').digest());
	return timingSafeEqual(left as Buffer, right as Buffer);
}

/** How often a nonce was used, as it is written. */
function countText(count: number): string {
	return count.toString(16).padStart(8, '0');
}

function digest(hash: DigestHash, text: string): string {
	return createHash(hash).update(text, 'utf8').digest('hex');
}
