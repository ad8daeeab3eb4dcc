import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCertificate } from '../../../src/webrtc/transport/certificate.ts';

describe('createCertificate', () => {
	const wall = Date.UTC(2026, 10, 21, 12);

	it('makes a certificate that OpenSSL reads, signed with its own P-256 key', () => {
		const { der, privateKey, fingerprint } = createCertificate(wall);
		const read = new X509Certificate(der);
		expect(read.verify(read.publicKey)).toBe(true);
		expect(read.checkPrivateKey(privateKey)).toBe(true);
		expect(createPublicKey(privateKey).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
		expect(fingerprint).toBe(`sha-256 ${read.fingerprint256}`);
		expect(read.subject).toBe('CN=Dualcast');
	});

	it('makes one that is valid for a year, and was yesterday', () => {
		const { validFrom, validTo } = new X509Certificate(createCertificate(wall).der);
		expect([validFrom, validTo].map((date) => new Date(date).toISOString())).toEqual([
			'2026-11-20T12:00:00.000Z',
			'2027-11-21T12:00:00.000Z',
		]);
	});

	it('writes years from 2050 on with four digits', () => {
		const { validFrom, validTo } = new X509Certificate(createCertificate(Date.UTC(2049, 6, 1)).der);
		expect([validFrom, validTo].map((date) => new Date(date).getUTCFullYear())).toEqual([2049, 2050]);
	});

	it('makes another one, with another key and number, each time', () => {
		const made = Array.from({ length: 20 }, () => new X509Certificate(createCertificate(wall).der));
		expect(new Set(made.map(({ serialNumber }) => serialNumber)).size).toBe(20);
		expect(new Set(made.map(({ fingerprint256 }) => fingerprint256)).size).toBe(20);
	});
});
