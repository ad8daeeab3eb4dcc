import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { DualcastError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { MAX_KEY_SET_BYTES, MAX_KEYS } from './limits.ts';

export type KeySetOptions = {
	/** Where the key set (RFC 7517 5) is, https or, for a host of one's own, http. */
	readonly url: string;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly fetch: typeof fetch;
};

type Keys = { readonly find: ReturnType<typeof createLocalJWKSet>; readonly ids: ReadonlySet<string> };

/** How long keys are taken without a look at the issuer. */
const FRESH_MS = 10 * 60_000;
/** The shortest time between two looks: unknown key ids and failures ask for more of them. */
const PAUSE_MS = 30_000;
const TIMEOUT_MS = 5_000;

const keySet = z.object({
	keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })).max(MAX_KEYS),
});

/**
 * The keys of a foreign issuer. They are fetched for the first token that names the issuer, again when they are old,
 * and early for an unknown key id; never twice in half a minute. While the issuer cannot be asked the old ones serve.
 */
export class KeySet {
	readonly #options: KeySetOptions;
	#keys: Keys | undefined;
	#askedAt = Number.NEGATIVE_INFINITY;
	#asking: Promise<void> | undefined;

	constructor(options: KeySetOptions) {
		this.#options = options;
	}

	/**
	 * The key for a token's protected header.
	 *
	 * @throws DualcastError `token_invalid` when the issuer has no such key, `issuer_unreachable` when it was never
	 * reached
	 */
	async keyFor(header: JWTHeaderParameters): Promise<CryptoKey> {
		if (this.#isOld() || !this.#knows(header.kid)) await this.#refresh();
		if (!this.#keys) throw new DualcastError('issuer_unreachable', "the token issuer's keys cannot be had");
		try {
			return await this.#keys.find(header, { payload: '', signature: '' });
		} catch (cause) {
			throw new DualcastError('token_invalid', 'the token is signed with a key its issuer does not have', { cause });
		}
	}

	#isOld(): boolean {
		return this.#options.clock.now() - this.#askedAt > FRESH_MS;
	}

	#knows(id: string | undefined): boolean {
		return this.#keys !== undefined && (id === undefined || this.#keys.ids.has(id));
	}

	#refresh(): Promise<void> {
		if (this.#asking !== undefined) return this.#asking;
		const now = this.#options.clock.now();
		if (now - this.#askedAt < PAUSE_MS) return Promise.resolve();
		this.#askedAt = now;
		this.#asking = this.#fetch().finally(() => {
			this.#asking = undefined;
		});
		return this.#asking;
	}

	async #fetch(): Promise<void> {
		const { url, fetch, logger } = this.#options;
		try {
			const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
			if (!response.ok) throw new Error(`it answered ${response.status}`);
			const { keys } = keySet.parse(JSON.parse(await limitedText(response)));
			this.#keys = {
				find: createLocalJWKSet({ keys } as JSONWebKeySet),
				ids: new Set(keys.flatMap(({ kid }) => kid ?? [])),
			};
		} catch (error) {
			logger.warn({ issuer: url, reason: reasonOf(error) }, 'the keys of a token issuer cannot be fetched');
		}
	}
}

async function limitedText(response: Response): Promise<string> {
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of response.body ?? []) {
		length += part.length;
		if (length > MAX_KEY_SET_BYTES) throw new Error(`its key set is longer than ${MAX_KEY_SET_BYTES} bytes`);
		parts.push(part);
	}
	return Buffer.concat(parts).toString('utf8');
}
