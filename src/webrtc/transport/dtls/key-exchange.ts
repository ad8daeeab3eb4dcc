import {
	createECDH,
	createPublicKey,
	diffieHellman,
	type ECDH,
	generateKeyPairSync,
	type KeyObject,
} from 'node:crypto';
import { AlertDescription, HandshakeFailure } from './alert.ts';

/** Half of an ephemeral Diffie-Hellman exchange (RFC 8422). */
export interface KeyExchange {
	readonly group: number;
	/** The server's share as it goes on the wire. */
	readonly publicKey: Buffer;
	/**
	 * The premaster secret.
	 *
	 * @throws HandshakeFailure when the client's share is no point of the curve
	 */
	agree(clientShare: Buffer): Buffer;
}

const X25519 = 0x001d;
const SECP256R1 = 0x0017;
/** Bytes of a share (RFC 7748 section 5); they end its SubjectPublicKeyInfo (RFC 8410 section 4). */
const X25519_LENGTH = 32;

/** The groups the server takes, the cheapest first. */
export const GROUPS: readonly number[] = [X25519, SECP256R1];

/** @param group one of `GROUPS` */
export function createKeyExchange(group: number): KeyExchange {
	return group === X25519 ? new X25519Exchange() : new Secp256r1Exchange();
}

class X25519Exchange implements KeyExchange {
	readonly group = X25519;
	readonly publicKey: Buffer;
	readonly #privateKey: KeyObject;

	constructor() {
		const { privateKey, publicKey } = generateKeyPairSync('x25519');
		this.#privateKey = privateKey;
		// No JWK: Node.js 20 may wait for itself for ever when it collects garbage while it makes one of a new key.
		this.publicKey = publicKey.export({ type: 'spki', format: 'der' }).subarray(-X25519_LENGTH);
	}

	agree(clientShare: Buffer): Buffer {
		return checked(() => {
			const key = { kty: 'OKP', crv: 'X25519', x: clientShare.toString('base64url') };
			return diffieHellman({
				privateKey: this.#privateKey,
				publicKey: createPublicKey({ key, format: 'jwk' }),
			});
		});
	}
}

class Secp256r1Exchange implements KeyExchange {
	readonly group = SECP256R1;
	readonly publicKey: Buffer;
	readonly #ecdh: ECDH = createECDH('prime256v1');

	constructor() {
		this.publicKey = this.#ecdh.generateKeys();
	}

	agree(clientShare: Buffer): Buffer {
		return checked(() => this.#ecdh.computeSecret(clientShare));
	}
}

/** OpenSSL refuses points off the curve and shares that give the all-zero secret (RFC 7748 6.1). */
function checked(agree: () => Buffer): Buffer {
	try {
		return agree();
	} catch {
		throw new HandshakeFailure(AlertDescription.illegalParameter, "the client's key share is invalid");
	}
}
