import type { RandomBytes } from '../../random.ts';
import { CONNECT_TIMEOUT_MS, CONSENT_TIMEOUT_MS } from '../limits.ts';
import { BINDING_REQUEST, bindingSuccess, isAuthentic, type StunMessage } from './stun.ts';

export type IceCredentials = { readonly ufrag: string; readonly password: string };

/** An authenticated check. */
export type CheckedBinding = {
	readonly response: Buffer;
	/** Whether it nominates the pair it came on. */
	readonly nominated: boolean;
	/** The local ufrag it named. */
	readonly ufrag: string;
};

/** What a restart does not begin anew. */
type IceLife = { readonly opened: number; lastCheck: number | undefined; bindingRequests: number };

/** Random credentials of ice-chars (RFC 8839 5.4): 48 and 144 bits. */
export function createIceCredentials(random: RandomBytes): IceCredentials {
	return { ufrag: base64(random(6)), password: base64(random(18)) };
}

/** Multiples of three bytes, so without padding. */
function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString('base64');
}

/** The local part of a check's USERNAME (RFC 8445 7.2.2): whose it is. */
export function localUfragOf(message: StunMessage): string | undefined {
	return message.username?.split(':', 1)[0];
}

/**
 * A lite agent's side of one viewer (RFC 8445 2.5): it answers authenticated checks and nothing else, so it can
 * neither be made to send to a third party nor tell a stranger that it is there. Consent (RFC 7675) is the checks
 * that keep coming. A full agent always controls a lite one, so the role attributes carry no news.
 */
export class IceLite {
	readonly #local: IceCredentials;
	readonly #username: string;
	readonly #life: IceLife;

	/** @param now monotonic ms */
	constructor(
		local: IceCredentials,
		remoteUfrag: string,
		now: number,
		life: IceLife = { opened: now, lastCheck: undefined, bindingRequests: 0 },
	) {
		this.#local = local;
		this.#username = `${local.ufrag}:${remoteUfrag}`;
		this.#life = life;
	}

	/** The same viewer's with new credentials (RFC 8445 9). */
	restart(local: IceCredentials, remoteUfrag: string): IceLite {
		return new IceLite(local, remoteUfrag, this.#life.opened, this.#life);
	}

	/** Authenticated requests so far. */
	get bindingRequests(): number {
		return this.#life.bindingRequests;
	}

	/** @returns undefined for what must not be answered */
	check(
		bytes: Buffer,
		message: StunMessage,
		remote: { readonly address: string; readonly port: number },
		now: number,
	): CheckedBinding | undefined {
		if (message.type !== BINDING_REQUEST || message.username !== this.#username) return undefined;
		if (!isAuthentic(bytes, message, this.#local.password)) return undefined;
		this.#life.lastCheck = now;
		this.#life.bindingRequests++;
		return {
			response: bindingSuccess(message, remote, this.#local.password),
			nominated: message.useCandidate,
			ufrag: this.#local.ufrag,
		};
	}

	/** Why the viewer is to be dropped now, if it is. */
	expired(now: number, secured: boolean): string | undefined {
		const { opened, lastCheck } = this.#life;
		if (lastCheck !== undefined && now - lastCheck >= CONSENT_TIMEOUT_MS) {
			return `no connectivity check for ${CONSENT_TIMEOUT_MS / 1000} s`;
		}
		if (secured || now - opened < CONNECT_TIMEOUT_MS) return undefined;
		return lastCheck === undefined
			? `no connectivity check arrived within ${CONNECT_TIMEOUT_MS / 1000} s`
			: `not secured by DTLS within ${CONNECT_TIMEOUT_MS / 1000} s`;
	}
}
