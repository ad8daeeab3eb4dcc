import { createHash, type KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto';
import { AlertDescription, HandshakeFailure } from './alert.ts';
import { isSignedBy } from './signature.ts';
import { VectorReader } from './vector.ts';

/** Of a certificate, as an offer states it (RFC 8122 5): `sha-256`, `AB:CD:…`. */
export type Fingerprint = { readonly algorithm: string; readonly value: string };

/** Hash functions of RFC 8122 that are not broken, by the name SDP gives them. */
const HASHES: ReadonlyMap<string, string> = new Map([
	['sha-256', 'sha256'],
	['sha-384', 'sha384'],
	['sha-512', 'sha512'],
]);

/**
 * The public key of the client's certificate.
 *
 * @param body of a Certificate message (RFC 5246 7.4.2)
 * @throws HandshakeFailure unless it is the certificate whose fingerprint was offered
 */
export function offeredKey(body: Buffer, expected: Fingerprint): KeyObject {
	const list = new VectorReader(new VectorReader(body).vector(3));
	if (list.atEnd) throw refused('the client sent no certificate');
	// The client's own certificate is the first one.
	const der = list.vector(3);
	const hash = HASHES.get(expected.algorithm.toLowerCase());
	if (hash === undefined) throw refused(`the fingerprint's hash ${expected.algorithm} is not supported`);
	const digest = createHash(hash).update(der).digest();
	const offered = Buffer.from(expected.value.replaceAll(':', ''), 'hex');
	if (offered.length !== digest.length || !timingSafeEqual(offered, digest)) {
		throw refused("the client's certificate is not the one whose fingerprint was offered");
	}
	try {
		return new X509Certificate(der).publicKey;
	} catch {
		throw refused("the client's certificate cannot be read");
	}
}

/**
 * Checks a CertificateVerify (RFC 5246 7.4.8).
 *
 * @param transcript every message before it
 * @throws HandshakeFailure unless the client holds the key
 */
export function verifyPossession(body: Buffer, publicKey: KeyObject, transcript: Buffer): void {
	const reader = new VectorReader(body);
	const scheme = reader.number(2);
	const signature = reader.vector(2);
	reader.end();
	if (!isSignedBy(publicKey, scheme, transcript, signature)) {
		throw new HandshakeFailure(
			AlertDescription.decryptError,
			"the client did not prove that it holds its certificate's key",
		);
	}
}

function refused(reason: string): HandshakeFailure {
	return new HandshakeFailure(AlertDescription.badCertificate, reason);
}
