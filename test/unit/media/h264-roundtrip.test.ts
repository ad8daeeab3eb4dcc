import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawVideo } from '../../../src/media/depacketizers/depacketizer.ts';
import { H264Depacketizer } from '../../../src/media/depacketizers/h264-depacketizer.ts';
import { PICTURE_LIMITS } from '../../../src/media/limits.ts';
import { packetizeH264 } from '../../../src/media/packetizers/h264-packetizer.ts';
import type { RtpPacket } from '../../../src/media/rtp/rtp.ts';
import { hex, rtpPacket } from './rtp-packets.ts';

const SPS = hex('6742c016d900a03db0110000030001000003001e0f162e48');
const PPS = hex('68ce3c80');

function packetize(nalus: readonly Uint8Array[], maxPayload: number): { payload: Uint8Array; marker: boolean }[] {
	const payloads: { payload: Uint8Array; marker: boolean }[] = [];
	packetizeH264(nalus, maxPayload, (payload, marker) => payloads.push({ payload: payload.slice(), marker }));
	return payloads;
}

function depacketize(packets: readonly RtpPacket[]): { frames: RawVideo[]; dropped: number } {
	const frames: RawVideo[] = [];
	const depacketizer = new H264Depacketizer(
		{ parameterSets: { sps: SPS, pps: PPS } },
		{ onVideo: (frame) => frames.push(frame), onParameterSets() {} },
	);
	for (const packet of packets) depacketizer.push(packet, 0);
	return { frames, dropped: depacketizer.dropped };
}

/** Comparing text is many times faster than comparing arrays of bytes. */
const text = (nalus: readonly Uint8Array[]) => nalus.map((nalu) => Buffer.from(nalu).toString('hex'));

/** The `index`-th slice of a picture, without bytes that could look like a start code. */
const slice = (header: number, size: number, index: number) => {
	const nalu = new Uint8Array(size).fill(index + 1);
	nalu[0] = header;
	nalu[1] = index === 0 ? 0x88 : 0x48;
	return nalu;
};

const unit = fc
	.record({ key: fc.boolean(), sizes: fc.array(fc.integer({ min: 2, max: 5000 }), { minLength: 1, maxLength: 5 }) })
	.map(({ key, sizes }) => {
		const slices = sizes.map((size, index) => slice(key ? 0x65 : 0x41, size, index));
		return key ? [SPS, PPS, ...slices] : slices;
	});

describe('packetizeH264', () => {
	test('small units share a packet, single ones go as they are', () => {
		const nalus = [SPS, PPS, slice(0x65, 100, 1), slice(0x65, 1400, 2), slice(0x65, 10, 3)];
		const payloads = packetize(nalus, 1200);
		expect(payloads.map(({ payload, marker }) => [(payload[0] ?? 0) & 0x1f, payload.length, marker])).toEqual([
			[24, 1 + 2 + 24 + 2 + 4 + 2 + 100, false],
			[28, 1200, false],
			[28, 2 + 1399 - 1198, false],
			[5, 10, true],
		]);
		expect((payloads[0]?.payload[0] ?? 0) & 0x60).toBe(0x60);
	});

	test('a payload of exactly the size stays whole', () => {
		expect(packetize([slice(0x41, 1200, 1)], 1200)).toHaveLength(1);
		expect(packetize([slice(0x41, 1201, 1)], 1200)).toHaveLength(2);
	});

	test('empty NAL units are left out and the marker is still set', () => {
		const empty = new Uint8Array(0);
		const payloads = packetize([empty, slice(0x41, 10, 1), empty, slice(0x41, 3000, 1), empty], 1200);
		expect(payloads.map(({ marker }) => marker)).toEqual([false, false, false, true]);
		expect(packetize([empty], 1200)).toEqual([]);
		const [first, second] = [slice(0x41, 10, 0), slice(0x41, 20, 1)];
		const packets = packetize([first, empty, second], 1200);
		expect(packets.map(({ payload }) => payload)).toEqual([first, second]);
	});

	test('an aggregate counts as much as what counts most in it, and fills a packet to the last byte', () => {
		const [sei, data, unused] = [hex('06050401'), slice(0x41, 10, 0), slice(0x01, 20, 1)];
		const [aggregate, ...rest] = packetize([sei, data, unused], 1 + 2 + 4 + 2 + 10 + 2 + 20);
		expect([aggregate?.payload[0], rest]).toEqual([0x40 | 24, []]);
		expect(packetize([sei, data, unused], 2 + 4 + 2 + 10 + 2 + 20)).toHaveLength(2);
	});

	test('a single NAL unit is not copied', () => {
		const nalu = slice(0x41, 500, 1);
		packetizeH264([nalu], 1200, (payload) => expect(payload).toBe(nalu));
	});
});

describe('there and back', () => {
	const packetsOf = (units: readonly Uint8Array[][], maxPayload: number) => {
		const packets: RtpPacket[] = [];
		units.forEach((nalus, index) => {
			for (const { payload, marker } of packetize(nalus, maxPayload)) {
				expect(payload.length).toBeLessThanOrEqual(maxPayload);
				packets.push(
					rtpPacket({ sequence: (65_500 + packets.length) & 0xffff, timestamp: index * 3000, payload, marker }),
				);
			}
		});
		return packets;
	};

	test('without loss every unit comes back', () => {
		fc.assert(
			fc.property(fc.array(unit, { minLength: 1, maxLength: 5 }), fc.integer({ min: 50, max: 1500 }), (units, max) => {
				const { frames, dropped } = depacketize(packetsOf(units, max));
				expect(frames.map(({ nalus }) => text(nalus))).toEqual(units.map(text));
				expect(dropped).toBe(0);
			}),
			{ numRuns: 60 },
		);
	});

	test('with loss a unit comes back whole or not at all', () => {
		const losses = fc.array(fc.nat(9), { minLength: 200, maxLength: 200 });
		fc.assert(
			fc.property(fc.array(unit, { minLength: 1, maxLength: 8 }), losses, (units, lossRolls) => {
				const packets = packetsOf(units, 1200);
				const received = packets.filter((_, index) => lossRolls[index % lossRolls.length] !== 0);
				const complete = units.flatMap((_, index) => {
					const timestamp = index * 3000;
					const count = (list: readonly RtpPacket[]) => list.filter((each) => each.timestamp === timestamp).length;
					return count(packets) === count(received) ? [timestamp] : [];
				});
				const { frames } = depacketize(received);
				const got = frames.map(({ timestamp }) => timestamp);
				for (const { timestamp, nalus } of frames) expect(text(nalus)).toEqual(text(units[timestamp / 3000] ?? []));
				expect(got).toEqual([...new Set(got)]);
				const missing = complete.filter((timestamp) => !got.includes(timestamp));
				expect(missing).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	});

	test('random payloads never throw and stay under the caps', () => {
		const payload = fc.oneof(
			fc.uint8Array({ maxLength: 60 }),
			fc
				.tuple(fc.constantFrom(0x7c, 0x78, 0x65, 0x41, 0x67, 0x68, 0x00), fc.uint8Array({ maxLength: 60 }))
				.map(([first, rest]) => Uint8Array.of(first, ...rest)),
		);
		const packet = fc.record({
			sequence: fc.nat(40),
			timestamp: fc.nat(3),
			marker: fc.boolean(),
			payload,
		});
		fc.assert(
			fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
				for (const { nalus, size, key } of depacketize(packets.map(rtpPacket)).frames) {
					expect(nalus.length).toBeLessThanOrEqual(PICTURE_LIMITS.nalus + 16);
					expect(size).toBe(nalus.reduce((sum, nalu) => sum + nalu.length, 0));
					expect(nalus.every((nalu) => nalu.length > 0)).toBe(true);
					if (key) expect((nalus[0]?.[0] ?? 0) & 0x1f).toBe(7);
				}
			}),
			{ numRuns: 500 },
		);
	});
});
