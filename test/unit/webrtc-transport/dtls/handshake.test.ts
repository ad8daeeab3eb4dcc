import { describe, expect, it } from 'vitest';
import { CIPHER_SUITES } from '../../../../src/webrtc/transport/dtls/cipher-suite.ts';
import { number, vector } from '../../../../src/webrtc/transport/dtls/vector.ts';
import type { ClientScript } from '../../../fakes/scripted-dtls-client.ts';
import { associate, fingerprintOf, STRANGER, split, VIEWER } from './scripted-association.ts';

const SRTP_LABEL = 'EXTRACTOR-dtls_srtp';
const schemes = (...ids: number[]): Buffer => vector(2, ...ids.map((id) => number(2, id)));

/** What came of a handshake with such a client. */
function outcome(script: Partial<ClientScript>) {
	const { run, client, keys, closed } = associate(script);
	run();
	return { client, keys, reason: closed[0], alert: client.alerts.at(-1)?.[1] };
}

describe('a handshake', () => {
	it('secures a client with the offered certificate, and both sides have the same keys', () => {
		const { run, client, keys, closed } = associate();
		run();
		expect(client.finished).toBe(true);
		expect(closed).toEqual([]);
		const material = client.export(SRTP_LABEL, 60) as Buffer;
		expect(keys).toEqual([
			{
				remote: { key: material.subarray(0, 16), salt: material.subarray(32, 46) },
				local: { key: material.subarray(16, 32), salt: material.subarray(46, 60) },
			},
		]);
	});

	it.each(CIPHER_SUITES)('works with suite $id', ({ id }) => {
		const { client, keys } = outcome({ cipherSuites: [0x1301, id] });
		expect([client.suite, client.finished, keys.length]).toEqual([id, true, 1]);
	});

	it('takes the cheapest of what is offered, whatever the client prefers', () => {
		const { client } = outcome({ cipherSuites: [0xcca9, 0xc02c, 0xc02b], extensions: { 10: schemes(0x17, 0x1d) } });
		expect([client.suite, client.group]).toEqual([0xc02b, 0x1d]);
	});

	it('works with P-256, also for a client that names no curve', () => {
		for (const groups of [schemes(0x6399, 0x0017), undefined]) {
			const { client } = outcome({ extensions: { 10: groups } });
			expect([client.group, client.finished]).toEqual([0x17, true]);
		}
	});

	it('answers the extensions that were sent, and no other', () => {
		expect([...outcome({}).client.extensions.keys()].sort((a, b) => a - b)).toEqual([11, 14, 23, 0xff01]);
		const bare = outcome({ extendedMasterSecret: false, extensions: { 11: undefined, 65281: undefined } });
		expect([...bare.client.extensions.keys()]).toEqual([14]);
		expect(bare.client.finished).toBe(true);
		const byCipherSuite = outcome({ extensions: { 65281: undefined }, cipherSuites: [0xc02b, 0x00ff] });
		expect(byCipherSuite.client.extensions.has(0xff01)).toBe(true);
	});

	it('answers 1.2 to a client that speaks 1.3 as well, with key shares that take several records', () => {
		const { run, keys, toServer } = associate({
			cipherSuites: [0x1301, 0x1302, 0xc02b],
			extensions: {
				10: schemes(0x11ec, 0x1d, 0x17),
				43: vector(1, number(2, 0xfefc), number(2, 0xfefd)),
				// X25519MLKEM768 and x25519, and something nobody knows.
				51: vector(2, number(2, 0x11ec), vector(2, Buffer.alloc(1216)), number(2, 0x1d), vector(2, Buffer.alloc(32))),
				6682: Buffer.alloc(700),
			},
		});
		expect(toServer.length).toBeGreaterThan(1);
		toServer.reverse();
		run();
		expect(keys).toHaveLength(1);
	});

	it.each<[string, Partial<ClientScript>, number]>([
		['1.0 only', { version: 0xfeff }, 70],
		['1.3 only', { extensions: { 43: vector(1, number(2, 0xfefc)) } }, 70],
		['no common cipher suite', { cipherSuites: [0xc009, 0x009c] }, 40],
		['no encryption', { cipherSuites: [0xc006, 0x0000] }, 40],
		['no common curve', { extensions: { 10: schemes(0x18, 0x19) } }, 40],
		['compression', { compressionMethods: [1] }, 40],
		['compressed points only', { extensions: { 11: vector(1, number(1, 1)) } }, 40],
		['no signature scheme of ours', { extensions: { 13: schemes(0x0201, 0x0203) } }, 40],
		['no signature schemes', { extensions: { 13: undefined } }, 40],
		['no SRTP', { extensions: { 14: undefined } }, 40],
		['no SRTP profile of ours', { extensions: { 14: Buffer.concat([schemes(7), vector(1)]) } }, 40],
		['a renegotiation', { extensions: { 65281: vector(1, Buffer.alloc(12)) } }, 40],
		['a malformed extension', { extensions: { 10: Buffer.from([0, 9, 0]) } }, 50],
		['a list of curves with half a curve', { extensions: { 10: vector(2, Buffer.alloc(3)) } }, 50],
	])('refuses a client with %s', (_name, script, expectedAlert) => {
		const { reason, alert, keys, client } = outcome(script);
		expect([alert, keys, client.heard]).toEqual([expectedAlert, [], []]);
		expect(reason).toMatch(/^(the client|a message)/);
	});
});

describe('an impostor', () => {
	const flip = (body: Buffer, at = body.length - 1): Buffer => {
		const changed = Buffer.from(body);
		changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
		return changed;
	};
	const changing = (type: number, change: (body: Buffer) => Buffer): Partial<ClientScript> => ({
		change: (message) => [message.type === type ? { ...message, body: change(message.body) } : message],
	});
	const forging = (type: number, change: (body: Buffer) => Buffer): Partial<ClientScript> => ({
		forge: (message) => (message.type === type ? { ...message, body: change(message.body) } : message),
	});
	const without = (type: number): Partial<ClientScript> => ({
		change: (message) => (message.type === type ? [] : [message]),
	});

	it.each<[string, Partial<ClientScript>, RegExp, number]>([
		['another certificate', { certificate: STRANGER }, /fingerprint was offered/, 42],
		['another key', { signingKey: STRANGER.privateKey }, /did not prove/, 51],
		['a scheme that does not fit the key', { scheme: 0x0401 }, /did not prove/, 51],
		['a scheme that was not asked for', { scheme: 0x0203 }, /did not prove/, 51],
		['a forged CertificateVerify', forging(15, flip), /did not prove/, 51],
		['a malformed CertificateVerify', changing(15, (body) => body.subarray(0, -1)), /cut short/, 50],
		['a CertificateVerify with more behind', changing(15, (body) => Buffer.concat([body, body])), /longer/, 50],
		['a wrong Finished', forging(20, flip), /changed on its way/, 51],
		['a short Finished', changing(20, (body) => body.subarray(1)), /changed on its way/, 51],
		['an empty list of certificates', changing(11, () => Buffer.alloc(3)), /sent no certificate/, 42],
		['an empty certificate', changing(11, () => vector(3, vector(3))), /fingerprint was offered/, 42],
		['a certificate that is cut short', changing(11, (body) => body.subarray(0, 40)), /cut short/, 50],
		['no Certificate message', without(11), /out of turn/, 10],
		['no ClientKeyExchange', without(16), /out of turn/, 10],
		['an off-curve share', { ...changing(16, (body) => flip(body)), extensions: { 10: schemes(0x17) } }, /share/, 47],
		['the zero share', changing(16, () => vector(1, Buffer.alloc(32))), /share/, 47],
		['a short share', changing(16, () => vector(1, Buffer.alloc(31))), /share/, 47],
		[
			'a second ClientHello',
			{ change: (each) => (each.type === 11 ? [{ ...each, type: 1 }, each] : [each]) },
			/turn/,
			10,
		],
		['a second key exchange', { change: (each) => (each.type === 16 ? [each, each] : [each]) }, /out of turn/, 10],
	])('is refused with %s', (_name, script, reason, alert) => {
		const result = outcome(script);
		expect(result.reason).toMatch(reason);
		expect(result.alert).toBe(alert);
		expect(result.keys).toEqual([]);
		expect(result.client.finished).toBe(false);
	});

	it('S8: is refused without a CertificateVerify: its Finished is no proof', () => {
		const result = outcome(without(15));
		expect(result.keys).toEqual([]);
		expect(result.reason).toMatch(/out of turn/);
	});

	it('is refused when anyone changed a message of the client on its way', () => {
		for (const extendedMasterSecret of [true, false]) {
			for (const type of [1, 16]) {
				const change = (body: Buffer): Buffer => flip(body, type === 1 ? 10 : body.length - 1);
				const result = outcome({ extendedMasterSecret, ...forging(type, change) });
				expect(result.keys).toEqual([]);
				expect(result.reason).toMatch(/did not prove|share/);
			}
		}
	});

	it('is refused by a fingerprint with a broken hash function, an unknown one or none at all', () => {
		for (const fingerprint of [
			{ algorithm: 'sha-1', value: `${'AB:'.repeat(19)}AB` },
			{ algorithm: 'md5', value: 'AB' },
			{ algorithm: 'sha-256', value: '' },
			{ algorithm: 'constructor', value: '' },
		]) {
			const { run, keys, closed } = associate({}, fingerprint);
			run();
			expect([keys, closed[0]]).toEqual([[], expect.stringMatching(/not supported|fingerprint was offered/)]);
		}
	});

	it('cannot put a Finished in the clear, or any other message under protection, in the place of the right one', () => {
		const { session, client, toServer, carry, keys, closed } = associate();
		carry();
		const flight = split(toServer.splice(0));
		const inClear = Buffer.from('16fefd00000000000000770018' + '1400000c000400000000000c', 'hex');
		session.receive(Buffer.concat([inClear, Buffer.alloc(12)]));
		for (const record of flight.slice(0, -1)) session.receive(record);
		session.receive(client.seal(22, Buffer.from('0b0000000004000000000000', 'hex')));
		expect([keys, closed]).toEqual([[], []]);
		session.receive(flight.at(-1) as Buffer);
		expect([keys.length, closed]).toEqual([1, []]);
	});
});

describe('the fingerprint', () => {
	it('may be by SHA-256, 384 or 512, in any case', async () => {
		const { createHash } = await import('node:crypto');
		for (const [algorithm, hash] of [
			['SHA-256', 'sha256'],
			['sha-384', 'sha384'],
			['sha-512', 'sha512'],
		] as const) {
			const value = createHash(hash)
				.update(VIEWER.der)
				.digest('hex')
				.replace(/..(?=.)/g, '$&:');
			const { run, keys } = associate({}, { algorithm, value });
			run();
			expect(keys).toHaveLength(1);
		}
		expect(fingerprintOf(VIEWER).algorithm).toBe('sha-256');
	});
});
