import { randomBytes as systemRandom } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { Access } from './access.ts';
import type { Classes } from './claims.ts';
import { FailedAttempts } from './failed-attempts.ts';
import type { Grant } from './grant.ts';
import { overError } from './grant-end.ts';
import { HttpHook } from './http-hook.ts';
import { Issuing, type TokenApplication } from './issuing.ts';
import { KeySet } from './key-set.ts';
import { Revocations } from './revocations.ts';
import { SessionWatch } from './session-watch.ts';
import { type Algorithm, keysFromSecret, type SigningKeys } from './signing-keys.ts';
import { type IssuedToken, TokenIssuer, type TokenRequest } from './token-issuer.ts';
import { TokenVerifier, type TrustedIssuer } from './token-verifier.ts';

export type AuthSettings = {
	readonly read: 'public' | 'jwt' | 'http';
	/** Signs own tokens; without it and `keys` a secret is made. */
	readonly secret?: string | undefined;
	readonly keys?: SigningKeys | undefined;
	readonly issuer: string;
	readonly audience: string;
	/** Seconds an own token is good. */
	readonly lifetime: number;
	readonly openIssuing: boolean;
	readonly apiKeys: readonly string[];
	readonly classes: Classes;
	readonly classCodes: Readonly<Record<string, string>>;
	readonly issuers: readonly {
		readonly issuer: string;
		readonly audience: string;
		readonly keySetUrl: string;
		readonly algorithms: readonly Algorithm[];
	}[];
	/** Times in milliseconds. */
	readonly http?: { readonly url: string; readonly timeout: number; readonly cache: number } | undefined;
	readonly node?: string | undefined;
};

export type AuthTools = {
	readonly clock: Clock;
	readonly logger: Logger;
	readonly fetch?: typeof fetch;
};

const SECRET_BYTES = 48;
/** Tokens of others are taken to live no longer than this when they are revoked. */
const FOREIGN_LIFETIME_MS = 90 * 24 * 3600_000;
const CLOCK_TOLERANCE_MS = 60_000;

/** Everything about who may do what, in one piece. */
export class Auth {
	readonly access: Access;
	readonly revocations: Revocations;
	readonly sessions: SessionWatch;
	readonly #issuing: Issuing;
	readonly #issuer: TokenIssuer;
	readonly #clock: Clock;
	readonly #lifetime: number;

	/** @throws DualcastError `request_invalid` when a key cannot be used */
	constructor(settings: AuthSettings, { clock, logger, fetch = globalThis.fetch }: AuthTools) {
		const { issuer, audience, classes, lifetime, http } = settings;
		const keys = signingKeys(settings);
		if (settings.read === 'jwt' && isMade(settings)) {
			const message = 'no secret is set: tokens are good until this run ends; set auth.secret or auth.key_file';
			logger.warn({ config_key: 'auth.secret' }, message);
		}
		this.#clock = clock;
		this.#lifetime = lifetime;
		this.revocations = new Revocations(() => clock.wall());
		this.sessions = new SessionWatch(clock, this.revocations);
		const own: TrustedIssuer = { issuer, audience, algorithms: [keys.algorithm], keys };
		const foreign = settings.issuers.map(
			({ keySetUrl, ...trusted }): TrustedIssuer => ({
				...trusted,
				keys: new KeySet({ url: keySetUrl, clock, logger, fetch }),
				foreign: true,
			}),
		);
		const verifier = new TokenVerifier({
			issuers: [own, ...foreign],
			classes,
			revocations: this.revocations,
			clock,
		});
		const failures = new FailedAttempts(clock);
		const hook = http && new HttpHook({ ...http, failures, clock, logger, fetch });
		this.access = new Access({ read: settings.read, verifier, hook, failures, node: settings.node });
		this.#issuer = new TokenIssuer({ keys, issuer, audience, clock, randomBytes: systemRandom });
		const { openIssuing: open, apiKeys, classCodes } = settings;
		this.#issuing = new Issuing({ open, apiKeys, classCodes, classes, lifetime }, clock);
	}

	/**
	 * What token somebody may have.
	 *
	 * @throws DualcastError `token_missing`, `forbidden`, `rate_limited`
	 */
	decide(application: TokenApplication): TokenRequest {
		return this.#issuing.decide(application);
	}

	issue(request: TokenRequest): Promise<IssuedToken> {
		return this.#issuer.issue(request);
	}

	/**
	 * A token with the right that was granted, for one node: given and ending when the other one was and does, and
	 * revoked with it. There is none in the time for which an expired token is still taken.
	 *
	 * @throws DualcastError `token_expired`
	 */
	async tokenFor(grant: Grant, node: string): Promise<string> {
		const { subject, role, actions, claimed: streams, holder, tokenId, issuedAt, expiresAt } = grant;
		if (expiresAt <= this.#clock.wall()) throw overError('token_expired');
		const lifetime = (expiresAt - issuedAt) / 1000;
		const right = { subject, role, actions, streams, holder, tokenId };
		const { token } = await this.#issuer.issue({ ...right, node, issuedAt, lifetime });
		return token;
	}

	/** Makes the tokens given to a subject so far, or one token, worthless, and ends the sessions they opened. */
	revoke(target: { readonly subject: string } | { readonly tokenId: string }): void {
		const now = this.#clock.wall();
		const until = now + Math.max(this.#lifetime * 1000, FOREIGN_LIFETIME_MS) + CLOCK_TOLERANCE_MS;
		this.revocations.add('subject' in target ? { ...target, at: now, until } : { ...target, until });
	}

	close(): void {
		this.sessions.close();
	}
}

function isMade({ secret, keys }: AuthSettings): boolean {
	return secret === undefined && keys === undefined;
}

function signingKeys({ secret, keys }: AuthSettings): SigningKeys {
	return keys ?? keysFromSecret(secret ?? systemRandom(SECRET_BYTES));
}
