import { createHash, createHmac, createSign, randomBytes, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, createCertificate } from '../../../src/webrtc/transport/certificate.ts';
import {
	certificateFingerprint,
	type TranscriptMessage,
	verifyClient,
} from '../../../src/webrtc/transport/client-proof.ts';

let server: Certificate;
let client: Certificate;
const masterSecret = randomBytes(48);

beforeAll(async () => {
	[server, client] = await Promise.all([createCertificate(), createCertificate()]);
});

const uint24 = (value: number): Buffer => Buffer.from([value >> 16, value >> 8, value]);
const der = (certificate: Certificate): Buffer => new X509Certificate(certificate.certPem).raw;

function message(type: number, body: Buffer): TranscriptMessage {
	const length = uint24(body.length);
	return { type, bytes: Buffer.concat([Buffer.from([type]), length, Buffer.alloc(5), length, body]) };
}

function certificateMessage(certificate: Certificate): TranscriptMessage {
	const raw = der(certificate);
	return message(11, Buffer.concat([uint24(raw.length + 3), uint24(raw.length), raw]));
}

const all = (messages: TranscriptMessage[]): Buffer => Buffer.concat(messages.map(({ bytes }) => bytes));

function handshake(changes: { keyPem?: string; scheme?: number; secret?: Buffer } = {}): TranscriptMessage[] {
	const messages = [
		message(1, randomBytes(100)),
		message(2, randomBytes(50)),
		certificateMessage(server),
		certificateMessage(client),
		message(16, randomBytes(66)),
	];
	const signature = createSign('sha256')
		.update(all(messages))
		.sign(changes.keyPem ?? client.keyPem);
	const head = Buffer.alloc(4);
	head.writeUInt16BE(changes.scheme ?? 0x0403, 0);
	head.writeUInt16BE(signature.length, 2);
	messages.push(message(15, Buffer.concat([head, signature])));
	messages.push(message(20, verifyData(all(messages), changes.secret ?? masterSecret)));
	return [...messages, message(20, randomBytes(12))];
}

/** PRF of RFC 5246 section 5, as long as needed. */
function verifyData(transcript: Buffer, secret: Buffer): Buffer {
	const hmac = (data: Buffer): Buffer => createHmac('sha256', secret).update(data).digest();
	const seed = Buffer.concat([Buffer.from('client finished'), createHash('sha256').update(transcript).digest()]);
	return hmac(Buffer.concat([hmac(seed), seed])).subarray(0, 12);
}

function verify(transcript: TranscriptMessage[], certificate = client) {
	const [algorithm = '', value = ''] = certificate.fingerprint.split(' ');
	return verifyClient(transcript, masterSecret, { algorithm, value })?.reason;
}

describe('verifyClient', () => {
	it('accepts the offered certificate with its proof', () => {
		expect(verify(handshake())).toBeUndefined();
	});

	it('compares fingerprints without regard to case, by SHA-256, 384 and 512', () => {
		for (const algorithm of ['sha-256', 'SHA-384', 'sha-512']) {
			const value = certificateFingerprint(der(client), algorithm)?.toLowerCase() ?? '';
			expect(verifyClient(handshake(), masterSecret, { algorithm, value })).toBeUndefined();
		}
	});

	it.each([
		['another certificate', () => verify(handshake(), server), /fingerprint was offered/],
		['a proof with another key', () => verify(handshake({ keyPem: server.keyPem })), /did not prove/],
		['a scheme that does not fit the key', () => verify(handshake({ scheme: 0x0401 })), /did not prove/],
		['a scheme that was not asked for', () => verify(handshake({ scheme: 0x0203 })), /did not prove/],
		['no proof', () => verify(handshake().filter(({ type }) => type !== 15)), /did not prove/],
		['a Finished with another secret', () => verify(handshake({ secret: randomBytes(48) })), /changed on its way/],
		['no Finished', () => verify(handshake().filter(({ type }) => type !== 20)), /changed on its way/],
		['no certificate', () => verify(handshake().filter(({ type }) => type !== 11)), /sent no certificate/],
		[
			'an empty list of certificates',
			() => verify([...handshake(), message(11, Buffer.alloc(3))]),
			/sent no certificate/,
		],
		['junk for a certificate', () => verify([...handshake(), message(11, randomBytes(40))]), /certificate/],
	])('refuses %s', (_name, result, reason) => {
		expect(result()).toMatch(reason);
	});

	it('refuses a change of any message', () => {
		const transcript = handshake();
		for (const position of [0, 1, 2, 4]) {
			const changed = transcript.map(({ type, bytes }, index) => {
				const copy = Buffer.from(bytes);
				if (index === position) copy.writeUInt8(copy.readUInt8(20) ^ 1, 20);
				return { type, bytes: copy };
			});
			expect(verify(changed)).toMatch(/did not prove/);
		}
	});
});
