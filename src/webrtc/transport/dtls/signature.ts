import { constants, type KeyObject, sign, verify } from 'node:crypto';

/** Signature schemes (RFC 8446 4.2.3); the first two and the last stand for hash and signature of RFC 5246. */
export const SignatureScheme = {
	ecdsaSecp256r1Sha256: 0x0403,
	ecdsaSecp384r1Sha384: 0x0503,
	rsaPssRsaeSha256: 0x0804,
	rsaPkcs1Sha256: 0x0401,
} as const;

/** What a client may prove its certificate with, the preferred first. */
export const CLIENT_SCHEMES: readonly number[] = Object.values(SignatureScheme);

type Scheme = { readonly hash: string; readonly keyType: 'ec' | 'rsa'; readonly padding?: number };

const SCHEMES: Readonly<Record<number, Scheme>> = {
	[SignatureScheme.ecdsaSecp256r1Sha256]: { hash: 'sha256', keyType: 'ec' },
	[SignatureScheme.ecdsaSecp384r1Sha384]: { hash: 'sha384', keyType: 'ec' },
	[SignatureScheme.rsaPssRsaeSha256]: { hash: 'sha256', keyType: 'rsa', padding: constants.RSA_PKCS1_PSS_PADDING },
	[SignatureScheme.rsaPkcs1Sha256]: { hash: 'sha256', keyType: 'rsa', padding: constants.RSA_PKCS1_PADDING },
};

/** Signs with the server's P-256 key by `ecdsaSecp256r1Sha256`. */
export function signEcdsa(privateKey: KeyObject, content: Buffer): Buffer {
	return sign('sha256', content, privateKey);
}

/** False also for a scheme that was not asked for or does not fit the key. */
export function isSignedBy(publicKey: KeyObject, scheme: number, content: Buffer, signature: Buffer): boolean {
	const { hash, keyType, padding } = SCHEMES[scheme] ?? {};
	if (hash === undefined || publicKey.asymmetricKeyType !== keyType) return false;
	const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
	const key = padding === undefined ? publicKey : { key: publicKey, padding, saltLength };
	try {
		return verify(hash, content, key, signature);
	} catch {
		return false;
	}
}
