import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RTCP_LIMITS } from '../../../src/media/limits.ts';
import { compactNtp, ntpFromUnix, unixFromNtp } from '../../../src/media/rtp/ntp.ts';
import { parseRtcp } from '../../../src/media/rtp/rtcp.ts';
import { buildGoodbye, buildReceiverReport, buildSenderReport } from '../../../src/media/rtp/rtcp-writer.ts';
import { senderClock } from '../../../src/media/time/sender-clock.ts';
import { hex } from './rtp-packets.ts';

const SENDER_REPORT = '80c80006 01020304 e5a7b1c2 80000000 00015f90 00000064 0000c350';

const BLOCK = {
	ssrc: 0xaabbccdd,
	fractionLost: 64,
	cumulativeLost: -2,
	highestSequence: 0x10005,
	jitter: 77,
	lastSenderReport: 0xb1c28000,
	delaySinceLastSenderReport: 65_536,
};

describe('parseRtcp', () => {
	test('reads a sender report', () => {
		expect(parseRtcp(hex(SENDER_REPORT))).toEqual([
			{
				type: 'sender-report',
				ssrc: 0x01020304,
				ntp: { seconds: 0xe5a7b1c2, fraction: 0x80000000 },
				rtpTimestamp: 90_000,
				packets: 100,
				octets: 50_000,
				blocks: [],
			},
		]);
	});

	test('reads feedback', () => {
		const compound = hex(`
			81cd0003 00000001 00000002 fffe 0005
			81ce0002 00000001 00000002
			84ce0004 00000001 00000000 00000002 07000000
			8fce0005 00000001 00000000 52454d42 01 0bd090 00000002`);
		expect(parseRtcp(compound)).toEqual([
			{ type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [0xfffe, 0xffff, 1] },
			{ type: 'pli', senderSsrc: 1, mediaSsrc: 2 },
			{ type: 'fir', senderSsrc: 1, requests: [{ ssrc: 2, sequence: 7 }] },
			{ type: 'remb', senderSsrc: 1, bitrate: 0x3d090 * 4 },
		]);
	});

	test('finds the reference time among the blocks of an extended report', () => {
		const quoted = { type: 'receiver-reference-time', ssrc: 1, ntp: { seconds: 0x11223344, fraction: 0x55667788 } };
		expect(parseRtcp(hex('80cf0004 00000001 04000002 11223344 55667788'))).toEqual([quoted]);
		expect(parseRtcp(hex('80cf0006 00000001 17000001 01020304 04000002 11223344 55667788'))).toEqual([quoted]);
		expect(parseRtcp(hex('80cf0003 00000001 04000002 11223344'))).toEqual([]);
		expect(parseRtcp(hex('80cf0001 00000001'))).toEqual([]);
		expect(parseRtcp(hex('80cf0000'))).toEqual([]);
	});

	test('passes over what it does not know and stops at junk', () => {
		const known = hex(SENDER_REPORT);
		const types = (text: string) => parseRtcp(hex(text)).map(({ type }) => type);
		expect(types(`80cc0001 00000000 ${SENDER_REPORT}`)).toEqual(['sender-report']);
		expect(types(`81ca0002 00000001 01020304 ${SENDER_REPORT}`)).toEqual(['sender-report']);
		expect(types(`${SENDER_REPORT} 00112233`)).toEqual(['sender-report']);
		expect(types(`${SENDER_REPORT} 80c8ffff 00`)).toEqual(['sender-report']);
		expect(types('80c80001 00000001')).toEqual([]);
		expect(types('a0c90001 00000009')).toEqual([]);
		expect(parseRtcp(known.subarray(0, 20))).toEqual([]);
	});

	test('takes padding off', () => {
		expect(parseRtcp(hex('a1cb0002 00000007 00000004'))).toEqual([{ type: 'goodbye', ssrcs: [7] }]);
	});

	test('takes a bounded number of sequence numbers from a NACK', () => {
		const items = 'ffffffff'.repeat(200);
		const [nack] = parseRtcp(hex(`81cd${(2 + 200).toString(16).padStart(4, '0')} 00000001 00000002 ${items}`));
		expect(nack?.type === 'nack' && nack.sequences.length).toBe(RTCP_LIMITS.nackSequences);
	});

	test('never throws', () => {
		const header = fc.constantFrom(0x80, 0x81, 0x84, 0x8f, 0xa1, 0x9f);
		const type = fc.integer({ min: 200, max: 207 });
		fc.assert(
			fc.property(header, type, fc.uint8Array({ maxLength: 90 }), (first, second, rest) => {
				const length = Math.floor(rest.length / 4);
				parseRtcp(Uint8Array.of(first, second, 0, length, ...rest));
				parseRtcp(rest);
			}),
			{ numRuns: 1000 },
		);
	});
});

describe('writers', () => {
	test('a sender report comes back as it was', () => {
		const report = {
			ssrc: 5,
			ntp: { seconds: 0xe5a7b1c2, fraction: 7 },
			rtpTimestamp: 0xffffffff,
			packets: 1,
			octets: 0xfffffffe,
			blocks: [BLOCK],
		};
		const bytes = buildSenderReport(report, 'camera');
		expect(bytes.length % 4).toBe(0);
		expect(parseRtcp(bytes)).toEqual([{ type: 'sender-report', ...report }]);
	});

	test('a receiver report comes back as it was, whatever the length of the name', () => {
		for (let length = 0; length <= 300; length++) {
			const bytes = buildReceiverReport({ ssrc: 5, blocks: [BLOCK] }, 'x'.repeat(length));
			expect(bytes.length % 4).toBe(0);
			expect(parseRtcp(bytes)).toEqual([{ type: 'receiver-report', ssrc: 5, blocks: [BLOCK] }]);
		}
	});

	test('the name is in an SDES chunk that ends with zeros', () => {
		expect(buildReceiverReport({ ssrc: 5, blocks: [] }, 'ab')).toEqual(
			hex('80c90001 00000005 81ca0003 00000005 0102 6162 00000000'),
		);
		expect(buildReceiverReport({ ssrc: 5, blocks: [] }, 'abc')).toEqual(
			hex('80c90001 00000005 81ca0003 00000005 0103 6162 63000000'),
		);
	});

	test('a goodbye is a whole compound packet', () => {
		expect(parseRtcp(buildGoodbye(9, 'name'))).toEqual([
			{ type: 'receiver-report', ssrc: 9, blocks: [] },
			{ type: 'goodbye', ssrcs: [9] },
		]);
	});
});

describe('NTP', () => {
	test('knows the epochs', () => {
		expect(ntpFromUnix(0)).toEqual({ seconds: 2_208_988_800, fraction: 0 });
		expect(ntpFromUnix(1500.5)).toEqual({ seconds: 2_208_988_801, fraction: Math.round(0.5005 * 2 ** 32) });
		expect(unixFromNtp({ seconds: 2_208_988_800, fraction: 2 ** 31 })).toBe(500);
		// 2036-02-07 06:28:16, where the seconds start again at 0.
		expect(unixFromNtp({ seconds: 0, fraction: 0 })).toBe(Date.UTC(2036, 1, 7, 6, 28, 16));
		expect(ntpFromUnix(Date.UTC(2036, 1, 7, 6, 28, 17))).toEqual({ seconds: 1, fraction: 0 });
	});

	test('goes there and back', () => {
		fc.assert(
			fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (unix) => {
				const ntp = ntpFromUnix(unix);
				expect(ntp.fraction).toBeLessThan(2 ** 32);
				expect(Math.abs(unixFromNtp(ntp) - unix)).toBeLessThan(0.001);
			}),
		);
	});

	test('the compact form is the middle', () => {
		expect(compactNtp({ seconds: 0x1234abcd, fraction: 0xef012345 })).toBe(0xabcdef01);
	});

	test('a sender without wall clock has no sender clock', () => {
		expect(senderClock({ ntp: { seconds: 0, fraction: 0 }, rtpTimestamp: 5 })).toBeUndefined();
		expect(senderClock({ ntp: ntpFromUnix(1e12), rtpTimestamp: 5 })).toEqual({ ntp: 1e12, rtpTimestamp: 5 });
	});
});
