import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { DualcastError, toError } from '../base/errors.ts';
import { readSettingFile } from '../base/setting-file.ts';

/** Signature algorithms of tokens (RFC 7518 3.1, RFC 8037, RFC 9864). */
export const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The key pair, or the one secret, with which this installation signs and checks its own tokens. */
export type SigningKeys = {
	readonly algorithm: Algorithm;
	readonly signing: KeyObject;
	readonly checking: KeyObject;
};

/** A shorter secret can be guessed (RFC 7518 3.2). */
const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;
const NO_KEY =
	'it must hold a private key in PEM, without a passphrase (openssl pkey -in old.pem -out new.pem takes it off)';
/** The key of the configuration that names the file. */
const KEY_FILE = 'auth.key_file';

/** @throws DualcastError `request_invalid` when the secret is shorter than 32 bytes */
export function keysFromSecret(secret: string | Uint8Array): SigningKeys {
	const bytes = Buffer.from(secret);
	if (bytes.length < MIN_SECRET_BYTES) {
		throw new DualcastError('request_invalid', `the token secret is too short; use at least ${MIN_SECRET_BYTES} bytes`);
	}
	const key = createSecretKey(bytes);
	return { algorithm: 'HS256', signing: key, checking: key };
}

/** @throws Error that names the setting, the file and the cure */
export async function readKeyFile(file: string): Promise<SigningKeys> {
	const pem = String(await readSettingFile(KEY_FILE, file));
	try {
		return keysFromPem(pem);
	} catch (cause) {
		throw new Error(`${KEY_FILE}: cannot use ${file}; ${toError(cause).message}`, { cause });
	}
}

/**
 * The algorithm follows from the kind of key: RSA, P-256 or Ed25519.
 *
 * @param pem a private key, PKCS #8 or as OpenSSL writes it
 * @throws DualcastError `request_invalid`
 */
export function keysFromPem(pem: string): SigningKeys {
	let signing: KeyObject;
	try {
		signing = createPrivateKey(pem);
	} catch (cause) {
		throw new DualcastError('request_invalid', NO_KEY, { cause });
	}
	return { algorithm: algorithmOf(signing), signing, checking: createPublicKey(signing) };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm {
	if (asymmetricKeyType === 'ed25519') return 'EdDSA';
	if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
	if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'RS256';
	const message = `the key must be RSA of ${MIN_RSA_BITS} bits or more, EC on P-256, or Ed25519`;
	throw new DualcastError('request_invalid', message);
}
