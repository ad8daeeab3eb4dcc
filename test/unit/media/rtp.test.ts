import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRtp, sequenceDistance, timestampDistance } from '../../../src/media/rtp/rtp.ts';
import { buildRtp } from '../../../src/media/rtp/rtp-writer.ts';
import { hex, rtpPacket } from './rtp-packets.ts';

describe('parseRtp', () => {
	test.each([
		['plain', '80e0 0102 00000003 00000004 aabb', 'aabb'],
		['two CSRCs', '82e0 0102 00000003 00000004 00000001 00000002 aabb', 'aabb'],
		['extension', '90e0 0102 00000003 00000004 bede0001 11223344 aabb', 'aabb'],
		['padding', 'a0e0 0102 00000003 00000004 aabb 000003', 'aabb'],
		['only padding', 'a0e0 0102 00000003 00000004 00000004', ''],
		['empty', '80e0 0102 00000003 00000004', ''],
	])('reads a packet: %s', (_name, bytes, payload) => {
		const packet = parseRtp(hex(bytes));
		expect(packet).toMatchObject({ payloadType: 96, marker: true, sequence: 0x102, timestamp: 3, ssrc: 4 });
		expect(packet?.payload).toEqual(hex(payload));
	});

	test.each([
		['nothing', ''],
		['short', '80e0 0102 00000003 000000'],
		['version 1', '40e0 0102 00000003 00000004'],
		['CSRCs missing', '8fe0 0102 00000003 00000004 aabb'],
		['extension cut', '90e0 0102 00000003 00000004 bede'],
		['extension too long', '90e0 0102 00000003 00000004 bede0009 aabb'],
		['padding longer than the packet', 'a0e0 0102 00000003 00000004 ff'],
		['padding of zero', 'a0e0 0102 00000003 00000004 00'],
	])('refuses %s', (_name, bytes) => {
		expect(parseRtp(hex(bytes))).toBeUndefined();
	});

	test('never throws, and never sees bytes outside the packet', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
				const packet = parseRtp(bytes);
				expect(packet?.payload.length ?? 0).toBeLessThanOrEqual(Math.max(0, bytes.length - 12));
			}),
			{ numRuns: 500 },
		);
	});

	test('reads what buildRtp writes', () => {
		const packet = rtpPacket({ marker: true, sequence: 0xfffe, timestamp: 0xfffffffd, payload: hex('010203') });
		expect(parseRtp(buildRtp(packet))).toEqual(packet);
	});
});

test('distances go the short way round', () => {
	expect(sequenceDistance(0xffff, 1)).toBe(2);
	expect(sequenceDistance(1, 0xffff)).toBe(-2);
	expect(timestampDistance(0xfffffff0, 0x10)).toBe(0x20);
	expect(timestampDistance(0x10, 0xfffffff0)).toBe(-0x20);
});
