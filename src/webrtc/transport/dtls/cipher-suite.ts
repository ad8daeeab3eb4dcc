import type { PrfHash } from './prf.ts';

/** A cipher suite: ECDHE with an ECDSA certificate and an AEAD. Sizes in bytes. */
export type CipherSuite = {
	readonly id: number;
	readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
	readonly prfHash: PrfHash;
	readonly keyLength: number;
	/** Of the part of the nonce that comes from the key block. */
	readonly ivLength: number;
	/** Of the part of the nonce that each record carries. */
	readonly explicitNonceLength: number;
};

/** The suites the server takes (RFC 5289, RFC 7905), the cheapest first. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
	{ id: 0xc02b, algorithm: 'aes-128-gcm', prfHash: 'sha256', keyLength: 16, ivLength: 4, explicitNonceLength: 8 },
	{ id: 0xc02c, algorithm: 'aes-256-gcm', prfHash: 'sha384', keyLength: 32, ivLength: 4, explicitNonceLength: 8 },
	{
		id: 0xcca9,
		algorithm: 'chacha20-poly1305',
		prfHash: 'sha256',
		keyLength: 32,
		ivLength: 12,
		explicitNonceLength: 0,
	},
];
