import { createHash, createHmac, createVerify, timingSafeEqual, X509Certificate } from 'node:crypto';
import { AlertDescription } from './dtls-alert.ts';

/** One handshake message as both sides hash it: the type, and the whole message with its DTLS header. */
export type TranscriptMessage = { readonly type: number; readonly bytes: Buffer };

export type Fingerprint = { readonly algorithm: string; readonly value: string };

/** Why a client is refused, and the alert that tells it so. */
export type ProofFailure = { readonly reason: string; readonly alert: number };

const CERTIFICATE = 11;
const CERTIFICATE_VERIFY = 15;
const FINISHED = 20;
const HEADER = 12;
const VERIFY_DATA_LENGTH = 12;

/** Hash functions of RFC 8122 that are not broken, by the name SDP gives them. */
const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-384': 'sha384', 'sha-512': 'sha512' };
/** Signature schemes (RFC 5246 7.4.1.4.1: hash, signature) the server asks for, by the key they need. */
const SCHEMES: Readonly<Record<number, string>> = { 1025: 'rsa', 1027: 'ec' };

/** `AB:CD:…` of a certificate in DER, or undefined for a hash function that is unknown or too weak. */
export function certificateFingerprint(der: Uint8Array, algorithm: string): string | undefined {
	const hash = HASHES[algorithm.toLowerCase()];
	if (hash === undefined) return undefined;
	const digest = createHash(hash).update(der).digest('hex').toUpperCase();
	return digest.match(/../g)?.join(':');
}

/**
 * Checks who the client is once a handshake has ended: its certificate is the offer's (RFC 8122 5), it holds the
 * certificate's key (CertificateVerify, RFC 5246 7.4.8), and nobody changed the handshake (Finished, 7.4.9).
 *
 * @param transcript every message from the second ClientHello to the client's Finished at least, in order
 * @param masterSecret 48 bytes
 */
export function verifyClient(
	transcript: readonly TranscriptMessage[],
	masterSecret: Buffer,
	expected: Fingerprint,
): ProofFailure | undefined {
	const position = (type: number): number => transcript.findIndex((message) => message.type === type);
	const before = (end: number): Buffer => Buffer.concat(transcript.slice(0, end).map(({ bytes }) => bytes));
	const body = (at: number): Buffer => transcript[at]?.bytes.subarray(HEADER) ?? Buffer.alloc(0);

	// The server's certificate message comes first, the client's is the last one.
	const certificate = firstCertificate(body(transcript.findLastIndex(({ type }) => type === CERTIFICATE)));
	if (certificate === undefined) return refused('the client sent no certificate');
	const fingerprint = certificateFingerprint(certificate, expected.algorithm);
	if (fingerprint === undefined) return refused(`the fingerprint's hash ${expected.algorithm} is not supported`);
	if (fingerprint !== expected.value.toUpperCase()) {
		return refused("the client's certificate is not the one whose fingerprint was offered");
	}
	const proof = position(CERTIFICATE_VERIFY);
	if (proof < 0 || !isSigned(certificate, before(proof), body(proof))) {
		return {
			reason: "the client did not prove that it holds its certificate's key",
			alert: AlertDescription.decryptError,
		};
	}
	const finished = position(FINISHED);
	if (finished < proof || !isFinished(masterSecret, before(finished), body(finished))) {
		return { reason: 'the handshake was changed on its way', alert: AlertDescription.decryptError };
	}
	return undefined;
}

function refused(reason: string): ProofFailure {
	return { reason, alert: AlertDescription.badCertificate };
}

/** The client's own certificate is the first of the list (RFC 5246 7.4.6). */
function firstCertificate(body: Buffer): Buffer | undefined {
	if (body.length < 6) return undefined;
	const length = body.readUIntBE(3, 3);
	return length === 0 || 6 + length > body.length ? undefined : body.subarray(6, 6 + length);
}

function isSigned(certificate: Buffer, signed: Buffer, body: Buffer): boolean {
	if (body.length < 4 || body.readUInt16BE(2) !== body.length - 4) return false;
	try {
		const { publicKey } = new X509Certificate(certificate);
		if (SCHEMES[body.readUInt16BE(0)] !== publicKey.asymmetricKeyType) return false;
		return createVerify('sha256').update(signed).verify(publicKey, body.subarray(4));
	} catch {
		return false;
	}
}

/** PRF(master secret, "client finished", Hash(handshake messages)): one step of P_SHA256 gives its 12 bytes. */
function isFinished(masterSecret: Buffer, handshake: Buffer, body: Buffer): boolean {
	const seed = Buffer.concat([Buffer.from('client finished'), createHash('sha256').update(handshake).digest()]);
	const first = createHmac('sha256', masterSecret).update(seed).digest();
	const expected = createHmac('sha256', masterSecret)
		.update(first)
		.update(seed)
		.digest()
		.subarray(0, VERIFY_DATA_LENGTH);
	return body.length === VERIFY_DATA_LENGTH && timingSafeEqual(expected, body);
}
