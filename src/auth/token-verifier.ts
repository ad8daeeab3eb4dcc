import { errors, type JWTHeaderParameters, jwtVerify } from 'jose';
import type { Clock } from '../base/clock.ts';
import { DualcastError } from '../base/errors.ts';
import { type Classes, grantFromClaims } from './claims.ts';
import type { Grant } from './grant.ts';
import { CLOCK_TOLERANCE_S, overError, whyOver } from './grant-end.ts';
import type { KeySet } from './key-set.ts';
import { MAX_REMEMBERED_TOKENS } from './limits.ts';
import type { Revocations } from './revocations.ts';
import type { Algorithm, SigningKeys } from './signing-keys.ts';
import { readTokenHead } from './token-head.ts';

/** Who signs tokens that are taken. */
export type TrustedIssuer = {
	/** The `iss` claim. */
	readonly issuer: string;
	/** The `aud` claim must hold it. */
	readonly audience: string;
	readonly algorithms: readonly Algorithm[];
	readonly keys: Pick<SigningKeys, 'checking'> | KeySet;
	/** Its clock is another one than that by which tokens are revoked. */
	readonly foreign?: boolean;
};

export type TokenVerifierOptions = {
	readonly issuers: readonly TrustedIssuer[];
	readonly classes: Classes;
	readonly revocations: Revocations;
	readonly clock: Clock;
};

/** Both forms in use (RFC 8725 3.11); a token for another purpose names another type. */
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt'];

/**
 * Checks tokens (RFC 7519, with the care of RFC 8725). The issuer, chosen by the `iss` claim, fixes algorithm and
 * key: what the token's header says of keys (`jwk`, `jku`, `x5u`) is not read. A checked token is remembered until it
 * expires, so that a segment's request costs a lookup.
 */
export class TokenVerifier {
	readonly #options: TokenVerifierOptions;
	readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
	readonly #remembered = new Map<string, Grant>();

	constructor(options: TokenVerifierOptions) {
		this.#options = options;
		this.#issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, issuer]));
	}

	/**
	 * The grant of a token checked before and still good; undefined when `verify` must be asked.
	 *
	 * @throws DualcastError `token_expired`, `token_revoked`
	 */
	remembered(token: string): Grant | undefined {
		const grant = this.#remembered.get(token);
		if (grant) this.#check(grant);
		return grant;
	}

	/** @throws DualcastError `token_invalid`, `token_expired`, `token_revoked`, `issuer_unreachable` */
	async verify(token: string): Promise<Grant> {
		const known = this.remembered(token);
		if (known) return known;
		const { issuer, audience, algorithms, keys, foreign = false } = this.#issuerOf(token);
		const key = 'checking' in keys ? () => keys.checking : (header: JWTHeaderParameters) => keys.keyFor(header);
		try {
			const { payload } = await jwtVerify(token, async (header) => key(header), {
				issuer,
				audience,
				algorithms: [...algorithms],
				clockTolerance: CLOCK_TOLERANCE_S,
				currentDate: new Date(this.#options.clock.wall()),
				requiredClaims: ['exp', 'sub'],
			});
			const grant = issuedByNow(grantFromClaims(payload, this.#options.classes), this.#options.clock.wall(), foreign);
			this.#check(grant);
			this.#remember(token, grant);
			return grant;
		} catch (thrown) {
			throw tokenError(thrown);
		}
	}

	#issuerOf(token: string): TrustedIssuer {
		const head = readTokenHead(token);
		const issuer = head.issuer === undefined ? undefined : this.#issuers.get(head.issuer);
		if (!issuer) throw new DualcastError('token_invalid', 'the token comes from an issuer that is not trusted here');
		// Before a key is asked for: a token that cannot be right must not make us fetch an issuer's keys.
		if (!issuer.algorithms.some((algorithm) => algorithm === head.algorithm) || !TYPES.includes(head.type)) {
			throw new DualcastError('token_invalid', 'the token is signed in a way its issuer does not use');
		}
		return issuer;
	}

	#check(grant: Grant): void {
		const { revocations, clock } = this.#options;
		const reason = whyOver(grant, revocations, clock.wall());
		if (reason) throw overError(reason);
	}

	#remember(token: string, grant: Grant): void {
		if (this.#remembered.size >= MAX_REMEMBERED_TOKENS) {
			const [oldest] = this.#remembered.keys();
			if (oldest !== undefined) this.#remembered.delete(oldest);
		}
		this.#remembered.set(token, grant);
	}
}

/**
 * A token that is here was issued: an issuer's clock is ahead else, and the revocation of a subject concerns what was
 * issued before. That of a foreign issuer may be ahead by the whole tolerance, whenever the token comes.
 */
function issuedByNow(grant: Grant, now: number, foreign: boolean): Grant {
	const tolerance = CLOCK_TOLERANCE_S * 1000;
	if (grant.issuedAt > now + tolerance) {
		const text = 'the token\'s claim "iat" is in the future; it holds seconds, by a clock that is right';
		throw new DualcastError('token_invalid', text);
	}
	const earliest = foreign ? Math.max(0, grant.issuedAt - tolerance) : grant.issuedAt;
	return { ...grant, issuedAt: Math.min(earliest, Math.floor(now)) };
}

function tokenError(thrown: unknown): DualcastError {
	if (thrown instanceof DualcastError) return thrown;
	if (thrown instanceof errors.JWTExpired) return overError('token_expired');
	if (thrown instanceof errors.JWTClaimValidationFailed) {
		const text = `the token's claim "${thrown.claim}" is not what is expected here`;
		return new DualcastError('token_invalid', text, { cause: thrown });
	}
	return new DualcastError('token_invalid', 'the token is not a valid one of its issuer', { cause: thrown });
}
