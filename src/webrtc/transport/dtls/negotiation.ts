import { AES128_CM_SHA1_80 } from '../srtp/srtp-keys.ts';
import { AlertDescription, HandshakeFailure } from './alert.ts';
import { CIPHER_SUITES, type CipherSuite } from './cipher-suite.ts';
import type { ClientHello } from './client-hello.ts';
import { GROUPS } from './key-exchange.ts';
import { DTLS_1_2 } from './record.ts';
import { SignatureScheme } from './signature.ts';

/** What both sides will use. */
export type Negotiated = {
	readonly suite: CipherSuite;
	/** Of the key exchange. */
	readonly group: number;
};

const NO_COMPRESSION = 0;
const UNCOMPRESSED_POINT = 0;
/** What a client takes that does not say (RFC 8422 4): any; this one everybody has. */
const DEFAULT_GROUP = 0x0017;

/** @throws HandshakeFailure when the client offers nothing that the server takes */
export function negotiate(hello: ClientHello): Negotiated {
	const { version, versions, compressionMethods, pointFormats, groups } = hello;
	// DTLS versions count down: 1.0 is 0xfeff, 1.2 is 0xfefd.
	if (versions.length > 0 ? !versions.includes(DTLS_1_2) : version > DTLS_1_2) {
		throw new HandshakeFailure(AlertDescription.protocolVersion, 'the client does not speak DTLS 1.2');
	}
	require(compressionMethods.includes(NO_COMPRESSION), 'the client insists on compression');
	require(pointFormats.length === 0 ||
		pointFormats.includes(UNCOMPRESSED_POINT), 'the client takes compressed points only');
	require(hello.signatureSchemes.includes(
		SignatureScheme.ecdsaSecp256r1Sha256,
	), 'the client does not take ECDSA signatures with P-256 and SHA-256');
	require(hello.srtpProfiles.includes(
		AES128_CM_SHA1_80.profile,
	), 'the client supports no common SRTP protection profile');
	const suite = CIPHER_SUITES.find(({ id }) => hello.cipherSuites.includes(id));
	const group = groups.length === 0 ? DEFAULT_GROUP : GROUPS.find((each) => groups.includes(each));
	if (suite === undefined) throw refused('the client supports no common cipher suite');
	if (group === undefined) throw refused('the client supports no common elliptic curve');
	return { suite, group };
}

function require(condition: boolean, reason: string): void {
	if (!condition) throw refused(reason);
}

function refused(reason: string): HandshakeFailure {
	return new HandshakeFailure(AlertDescription.handshakeFailure, reason);
}
