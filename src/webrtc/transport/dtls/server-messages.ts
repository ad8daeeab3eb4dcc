import type { KeyObject } from 'node:crypto';
import { AES128_CM_SHA1_80 } from '../srtp/srtp-keys.ts';
import type { CipherSuite } from './cipher-suite.ts';
import { type ClientHello, ExtensionType } from './client-hello.ts';
import type { KeyExchange } from './key-exchange.ts';
import type { Randoms } from './key-schedule.ts';
import { DTLS_1_2 } from './record.ts';
import { CLIENT_SCHEMES, SignatureScheme, signEcdsa } from './signature.ts';
import { number, vector } from './vector.ts';

/** Bodies of the messages the server sends (RFC 5246 7.4). */

const NO_COMPRESSION = 0;
const UNCOMPRESSED_POINT = 0;
const NAMED_CURVE = 3;
const CERTIFICATE_TYPES = [64 /* ecdsa_sign */, 1 /* rsa_sign */] as const;

/** Answers the extensions the client sent, and no other (RFC 5246 7.4.1.4). */
export function serverHello(hello: ClientHello, random: Buffer, suite: CipherSuite): Buffer {
	const extensions = [extension(ExtensionType.useSrtp, vector(2, number(2, AES128_CM_SHA1_80.profile)), vector(1))];
	if (hello.extendedMasterSecret) extensions.push(extension(ExtensionType.extendedMasterSecret));
	if (hello.secureRenegotiation) extensions.push(extension(ExtensionType.renegotiationInfo, vector(1)));
	if (hello.pointFormats.length > 0) {
		extensions.push(extension(ExtensionType.ecPointFormats, vector(1, number(1, UNCOMPRESSED_POINT))));
	}
	return Buffer.concat([
		number(2, DTLS_1_2),
		random,
		vector(1), // session_id: nothing will be resumed
		number(2, suite.id),
		number(1, NO_COMPRESSION),
		vector(2, ...extensions),
	]);
}

/** @param der the server's only certificate */
export function certificateList(der: Buffer): Buffer {
	return vector(3, vector(3, der));
}

/** The server's key share, signed together with both randoms (RFC 8422 5.4). */
export function serverKeyExchange(exchange: KeyExchange, randoms: Randoms, privateKey: KeyObject): Buffer {
	const share = Buffer.concat([number(1, NAMED_CURVE), number(2, exchange.group), vector(1, exchange.publicKey)]);
	const signature = signEcdsa(privateKey, Buffer.concat([randoms.client, randoms.server, share]));
	return Buffer.concat([share, number(2, SignatureScheme.ecdsaSecp256r1Sha256), vector(2, signature)]);
}

/** Any certificate will do: the offer's fingerprint says which. */
export function certificateRequest(): Buffer {
	const schemes = CLIENT_SCHEMES.map((scheme) => number(2, scheme));
	return Buffer.concat([vector(1, Buffer.from(CERTIFICATE_TYPES)), vector(2, ...schemes), vector(2)]);
}

function extension(type: number, ...data: readonly Buffer[]): Buffer {
	return Buffer.concat([number(2, type), vector(2, ...data)]);
}
