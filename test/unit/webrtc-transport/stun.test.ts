import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from 'werift';
import { addressBytes } from '../../../src/webrtc/transport/ice/ip-address.ts';
import { attribute, bindingSuccess, isAuthentic, parseStun, seal } from '../../../src/webrtc/transport/ice/stun.ts';
import { withFingerprint } from './binding-request.ts';

/** RFC 5769 section 2.1. */
const SAMPLE_REQUEST = Buffer.from(
	'000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff' +
		'80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249' +
		'c1b571a280280004e57a3bcf',
	'hex',
);
const SAMPLE_PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';

function sample() {
	const message = parseStun(SAMPLE_REQUEST);
	if (message === undefined) throw new Error('not parsed');
	return message;
}

describe('parseStun', () => {
	it("reads RFC 5769's sample request", () => {
		const message = sample();
		expect(message.type).toBe(1);
		expect(message.username).toBe('evtj:h6vY');
		expect(message.useCandidate).toBe(false);
		expect(message.transactionId.toString('hex')).toBe('b7e7a701bc34d686fa87dfae');
		expect(isAuthentic(SAMPLE_REQUEST, message, SAMPLE_PASSWORD)).toBe(true);
		expect(isAuthentic(SAMPLE_REQUEST, message, 'another')).toBe(false);
	});

	it('refuses a message with any one bit changed, or does not find it authentic', () => {
		for (let bit = 0; bit < SAMPLE_REQUEST.length * 8; bit++) {
			const changed = Buffer.from(SAMPLE_REQUEST);
			changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
			expect(parseStun(changed), `bit ${bit}`).toBeUndefined();
		}
	});

	it('refuses a message without FINGERPRINT, cut short or with something behind it', () => {
		const bare = Buffer.from(SAMPLE_REQUEST.subarray(0, -8));
		bare.writeUInt16BE(bare.length - 20, 2);
		expect(parseStun(bare)).toBeUndefined();
		expect(parseStun(SAMPLE_REQUEST.subarray(0, -4))).toBeUndefined();
		expect(parseStun(Buffer.concat([SAMPLE_REQUEST, Buffer.alloc(4)]))).toBeUndefined();
	});

	it('ignores attributes between MESSAGE-INTEGRITY and FINGERPRINT', () => {
		const header = Buffer.from(SAMPLE_REQUEST.subarray(0, 20));
		const sealed = seal(Buffer.concat([header, attribute(0x0006, Buffer.from('a:b'))]), 'password');
		const unsigned = sealed.subarray(0, -8);
		const forged = withFingerprint(Buffer.concat([unsigned, attribute(0x0025, Buffer.alloc(0))]));
		const message = parseStun(forged);
		expect(message?.username).toBe('a:b');
		expect(message?.useCandidate).toBe(false);
	});

	it('never throws', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
				const whole = Buffer.concat([SAMPLE_REQUEST.subarray(0, 20), bytes]);
				whole.writeUInt16BE(bytes.length, 2);
				parseStun(Buffer.from(bytes));
				parseStun(whole);
			}),
		);
	});
});

describe('bindingSuccess', () => {
	it.each([
		['192.0.2.1', '0001a147e112a643'],
		['2001:db8:1234:5678:11:2233:4455:6677', '0002a1470113a9faa5d3f179bc25f4b5bed2b9d9'],
	])("maps %s like RFC 5769's sample responses", (address, mapped) => {
		const response = bindingSuccess(sample(), { address, port: 32853 }, SAMPLE_PASSWORD);
		expect(response.subarray(24, 24 + mapped.length / 2).toString('hex')).toBe(mapped);
		const parsed = parseStun(response);
		expect(parsed?.type).toBe(0x0101);
		expect(parsed?.transactionId).toEqual(sample().transactionId);
		expect(parsed && isAuthentic(response, parsed, SAMPLE_PASSWORD)).toBe(true);
	});

	it('is read by another implementation', () => {
		const response = bindingSuccess(sample(), { address: '203.0.113.7', port: 4711 }, SAMPLE_PASSWORD);
		const parsed = parseMessage(response, Buffer.from(SAMPLE_PASSWORD));
		expect(parsed?.getAttributeValue('XOR-MAPPED-ADDRESS')).toEqual(['203.0.113.7', 4711]);
	});

	it('is not longer than the request', () => {
		const response = bindingSuccess(sample(), { address: '2001:db8::1', port: 1 }, SAMPLE_PASSWORD);
		expect(response.length).toBeLessThanOrEqual(SAMPLE_REQUEST.length);
	});
});

describe('addressBytes', () => {
	it.each([
		['127.0.0.1', '7f000001'],
		['::', '00000000000000000000000000000000'],
		['::1', '00000000000000000000000000000001'],
		['2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329'],
		['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
		['fe80::1%eth0', 'fe800000000000000000000000000001'],
	])('%s', (text, hex) => {
		expect(Buffer.from(addressBytes(text)).toString('hex')).toBe(hex);
	});

	it('throws for anything else', () => {
		expect(() => addressBytes('host.example')).toThrow(TypeError);
	});
});
