import { describe, expect, it } from 'vitest';
import { prf } from '../../../../src/webrtc/transport/dtls/prf.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** The vectors of the TLS working group's list (2011) that TLS libraries test with. */
describe('prf', () => {
	it('gives the known output with SHA-256', () => {
		const output = prf(
			'sha256',
			hex('9bbe436ba940f017b17652849a71db35'),
			'test label',
			hex('a0ba9f936cda311827a6f796ffd5198c'),
			100,
		);
		expect(output.toString('hex')).toBe(
			'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0f' +
				'a022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
		);
	});

	it('gives the known output with SHA-384', () => {
		const output = prf(
			'sha384',
			hex('b80b733d6ceefcdc71566ea48e5567df'),
			'test label',
			hex('cd665cf6a8447dd6ff8b27555edb7465'),
			148,
		);
		expect(output.toString('hex')).toBe(
			'7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb40' +
				'0fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90' +
				'fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f',
		);
	});

	it('gives as many bytes as asked for, each a beginning of the longer ones', () => {
		const long = prf('sha256', hex('01'), 'label', hex('02'), 200);
		for (const length of [0, 1, 31, 32, 33, 64, 199]) {
			expect(prf('sha256', hex('01'), 'label', hex('02'), length)).toEqual(long.subarray(0, length));
		}
	});
});
