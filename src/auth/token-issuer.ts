import { SignJWT } from 'jose';
import type { Clock } from '../base/clock.ts';
import type { Action, Role } from './grant.ts';
import type { SigningKeys } from './signing-keys.ts';

export type TokenRequest = {
	readonly subject: string;
	readonly role: Role;
	readonly actions: readonly Action[];
	/** Stream ids, `prefix/*`, `class:NAME` or `*`. */
	readonly streams: readonly string[];
	readonly node?: string | undefined;
	/** See `Grant`. */
	readonly holder?: string | undefined;
	/** Milliseconds since the Unix epoch; by default now. */
	readonly issuedAt?: number | undefined;
	/** Seconds from then; without `issuedAt` from the beginning of this second. */
	readonly lifetime: number;
	/** Of the token that this one stands for; by default an id of its own. */
	readonly tokenId?: string | undefined;
};

export type IssuedToken = {
	readonly token: string;
	readonly tokenId: string;
	/** Seconds. */
	readonly expiresIn: number;
};

export type TokenIssuerOptions = {
	readonly keys: SigningKeys;
	readonly issuer: string;
	readonly audience: string;
	readonly clock: Clock;
	/** For token ids. */
	readonly randomBytes: (count: number) => Uint8Array;
};

const ID_BYTES = 16;

/** Signs this installation's own tokens (RFC 7519). */
export class TokenIssuer {
	readonly #options: TokenIssuerOptions;

	constructor(options: TokenIssuerOptions) {
		this.#options = options;
	}

	async issue({
		subject,
		role,
		actions,
		streams,
		node,
		holder,
		lifetime,
		...given
	}: TokenRequest): Promise<IssuedToken> {
		const { keys, issuer, audience, clock, randomBytes } = this.#options;
		const tokenId = given.tokenId ?? Buffer.from(randomBytes(ID_BYTES)).toString('base64url');
		// To the millisecond: who was revoked a moment ago may have another one.
		const issuedAt = given.issuedAt ?? Math.floor(clock.wall());
		const begin = given.issuedAt ?? Math.floor(issuedAt / 1000) * 1000;
		const optional = { ...(node !== undefined && { node }), ...(holder !== undefined && { holder }) };
		const token = await new SignJWT({ role, actions, streams, ...optional })
			.setProtectedHeader({ alg: keys.algorithm, typ: 'JWT' })
			.setIssuer(issuer)
			.setAudience(audience)
			.setSubject(subject)
			.setJti(tokenId)
			.setIssuedAt(issuedAt / 1000)
			.setExpirationTime(Math.round(begin + lifetime * 1000) / 1000)
			.sign(keys.signing);
		return { token, tokenId, expiresIn: lifetime };
	}
}
