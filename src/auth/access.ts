import { DualcastError } from '../base/errors.ts';
import { type Action, type Grant, permits } from './grant.ts';
import type { TokenVerifier } from './token-verifier.ts';

export type AccessOptions = {
	/** `public`: reading needs no token. */
	readonly read: 'public' | 'jwt';
	readonly verifier: TokenVerifier;
	/** This node's name in a cluster: tokens for another node are refused. */
	readonly node?: string | undefined;
};

/** What is asked for: an action, with a stream or with the gateway as a whole. */
export type Wish = { readonly action: Action; readonly stream?: string };

/** The one place that decides who may do what. */
export class Access {
	readonly #options: AccessOptions;

	constructor(options: AccessOptions) {
		this.#options = options;
	}

	/** True when the wish needs no token. */
	isOpen({ action }: Wish): boolean {
		return action === 'read' && this.#options.read === 'public';
	}

	/**
	 * The grant that allows the wish; undefined when nothing is needed.
	 *
	 * @throws DualcastError `token_missing`, `token_invalid`, `token_expired`, `token_revoked`, `forbidden`,
	 * `issuer_unreachable`
	 */
	async authorize(token: string | undefined, wish: Wish): Promise<Grant | undefined> {
		if (this.isOpen(wish)) return undefined;
		return this.#decide(await this.#options.verifier.verify(present(token)), wish);
	}

	/** The same at once, for a token that was checked before; undefined when `authorize` must be asked. */
	authorizeRemembered(token: string, wish: Wish): Grant | undefined {
		const grant = this.#options.verifier.remembered(token);
		return grant && this.#decide(grant, wish);
	}

	#decide(grant: Grant, { action, stream }: Wish): Grant {
		const { node } = this.#options;
		if (grant.node !== undefined && node !== undefined && grant.node !== node) {
			throw new DualcastError('forbidden', `the token is for the node ${grant.node}`);
		}
		if (permits(grant, action, stream)) return grant;
		const what = stream === undefined ? '' : ` with the stream ${stream}`;
		throw new DualcastError('forbidden', `the token does not allow ${action}${what}`);
	}
}

function present(token: string | undefined): string {
	if (token !== undefined) return token;
	throw new DualcastError('token_missing', 'a token is needed: Authorization: Bearer …, or ?jwt=… in the address');
}
