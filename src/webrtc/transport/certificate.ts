import { X509Certificate } from 'node:crypto';
import { CipherContext, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm, type SignatureHash } from 'werift';

/** The server's self-signed certificate. Its key never leaves the process. */
export type Certificate = {
	readonly certPem: string;
	readonly keyPem: string;
	readonly signatureHash: SignatureHash;
	/** `sha-256 AB:CD:…`, the value of `a=fingerprint` (RFC 8122). */
	readonly fingerprint: string;
};

/** A new P-256 certificate. */
export async function createCertificate(): Promise<Certificate> {
	const created = await CipherContext.createSelfSignedCertificateWithKey(
		{ hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 },
		NamedCurveAlgorithm.secp256r1_23,
	);
	return { ...created, fingerprint: `sha-256 ${new X509Certificate(created.certPem).fingerprint256}` };
}
