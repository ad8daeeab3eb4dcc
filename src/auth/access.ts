import { networkOf } from '../base/client-network.ts';
import { DualcastError } from '../base/errors.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { type Action, type Grant, permits } from './grant.ts';
import type { HookRequest, HttpHook } from './http-hook.ts';
import { carriedQuery } from './lasting-query.ts';
import { passwordOf, tokenOf } from './token-source.ts';
import type { TokenVerifier } from './token-verifier.ts';

export type AccessOptions = {
	/** `public`: reading needs no token; `jwt`: a token; `http`: what the hook says. */
	readonly read: 'public' | 'jwt' | 'http';
	readonly verifier: TokenVerifier;
	/** Asked when `read` is `http`. */
	readonly hook?: Pick<HttpHook, 'authorize'> | undefined;
	readonly failures: FailedAttempts;
	/** This sub's name in a cluster: tokens for another node are refused. */
	readonly node?: string | undefined;
};

/** What is asked for: an action, with a stream or with the gateway as a whole. */
export type Wish = {
	readonly action: Action;
	readonly stream?: string;
	/** The answer is for another node, or for all: a token for any of them will do. */
	readonly anyNode?: boolean;
};

/** What a request brings along. */
export type Caller = {
	/** The header. */
	readonly authorization: string | undefined;
	/** Path and query of the request line. */
	readonly url: string;
	/** IP address. */
	readonly address: string;
	readonly protocol: HookRequest['protocol'];
};

/** The one place that decides who may do what. */
export class Access {
	readonly #options: AccessOptions;

	constructor(options: AccessOptions) {
		this.#options = options;
	}

	/** True when everybody may watch. */
	get isPublic(): boolean {
		return this.#options.read === 'public';
	}

	/** True when a service decides who may watch. */
	get asksService(): boolean {
		return this.#options.read === 'http';
	}

	/**
	 * The grant that allows the wish; undefined when nothing is needed, or when the hook said yes.
	 *
	 * @throws DualcastError `token_missing`, `token_invalid`, `token_expired`, `token_revoked`, `forbidden`,
	 * `issuer_unreachable`, `rate_limited`
	 */
	async authorize(caller: Caller, wish: Wish): Promise<Grant | undefined> {
		const { read, hook } = this.#options;
		if (wish.action === 'read' && read === 'public') return undefined;
		const token = tokenOf(caller.authorization, caller.url);
		if (wish.action === 'read' && read === 'http' && hook) {
			await hook.authorize(hookRequest(caller, wish, token));
			return undefined;
		}
		if (token === undefined) {
			throw new DualcastError(
				'token_missing',
				'a token is needed, as a bearer token in the header or as the parameter jwt in the address',
			);
		}
		return this.#decide(await this.verify(token, caller), wish);
	}

	/** What a token allows. @throws DualcastError as `authorize` */
	async verify(token: string, { address }: Pick<Caller, 'address'>): Promise<Grant> {
		const { verifier, failures } = this.#options;
		const known = verifier.remembered(token);
		if (known) return known;
		const network = networkOf(address);
		failures.check(network);
		try {
			return await verifier.verify(token);
		} catch (thrown) {
			// Expired and revoked tokens were good ones: nobody guesses.
			if (thrown instanceof DualcastError && thrown.code === 'token_invalid') failures.count(network, token);
			throw thrown;
		}
	}

	/** The same at once, for a token that was checked before; undefined when `authorize` must be asked. */
	authorizeRemembered(token: string, wish: Wish): Grant | undefined {
		if (wish.action === 'read' && this.#options.read === 'http') return undefined;
		const grant = this.#options.verifier.remembered(token);
		return grant && this.#decide(grant, wish);
	}

	/**
	 * The query that addresses in an answer must carry on, such as `jwt=…`; empty when players bring everything again by
	 * themselves. A service may know its viewers by anything in the query.
	 */
	carried({ authorization, url }: Pick<Caller, 'authorization' | 'url'>): string {
		if (this.#options.read === 'http') return carriedQuery(queryOf(url));
		// A header without a token is for somebody in front; `authorize` takes the address's then.
		const token = tokenOf(authorization, '') === undefined ? tokenOf(undefined, url) : undefined;
		return token === undefined ? '' : `jwt=${encodeURIComponent(token)}`;
	}

	#decide(grant: Grant, { action, stream, anyNode }: Wish): Grant {
		const { node } = this.#options;
		if (!anyNode && grant.node !== undefined && node !== undefined && grant.node !== node) {
			throw new DualcastError('forbidden', `the token is for the node ${grant.node}`);
		}
		if (permits(grant, action, stream)) return grant;
		const what = stream === undefined ? 'this' : 'this stream';
		throw new DualcastError('forbidden', `the token does not allow the action ${action} for ${what}`);
	}
}

function hookRequest(
	{ authorization, url, address, protocol }: Caller,
	{ action, stream = '' }: Wish,
	token = '',
): HookRequest {
	const query = queryOf(url);
	return { ...passwordOf(authorization), token, ip: address, action, path: stream, protocol, id: '', query };
}

function queryOf(url: string): string {
	const question = url.indexOf('?');
	return question < 0 ? '' : url.slice(question + 1);
}
