import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReceiverStatistics } from '../../../src/media/rtp/receiver-statistics.ts';
import { rtpPacket } from './rtp-packets.ts';

function receive(statistics: ReceiverStatistics, sequences: readonly number[], ssrc = 1): void {
	for (const sequence of sequences) statistics.receive(rtpPacket({ sequence: sequence & 0xffff, ssrc }), 0);
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('ReceiverStatistics', () => {
	test('has nothing to report before the first packet', () => {
		expect(new ReceiverStatistics(90_000).report(0)).toBeUndefined();
	});

	test('extends the sequence numbers over their wrap', () => {
		const statistics = new ReceiverStatistics(90_000);
		receive(statistics, range(0xfff0, 0x1000f));
		expect(statistics.report(0)).toMatchObject({ highestSequence: 0x1000f, cumulativeLost: 0, fractionLost: 0 });
	});

	test('counts losses, and the fraction for each interval', () => {
		const statistics = new ReceiverStatistics(90_000);
		receive(statistics, [0, 1, 2, 4]);
		expect(statistics.report(0)).toMatchObject({ fractionLost: Math.floor(256 / 5), cumulativeLost: 1 });
		receive(statistics, [5, 6]);
		expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 1 });
		expect(statistics.lost).toBe(1);
	});

	test.each([
		['a duplicate', [0, 1, 2, 2, 3]],
		['a late packet', [0, 1, 3, 2, 4]],
		['a late packet over the wrap', [0xfffe, 0x10000, 0xffff, 0x10001]],
		['a stray far ahead', [0, 1, 30_000, 2, 3]],
		['a stray far behind', [40_000, 40_001, 5, 40_002]],
	])('%s is no loss', (_name, sequences) => {
		const statistics = new ReceiverStatistics(90_000);
		receive(statistics, sequences);
		expect(statistics.lost).toBe(0);
		expect(statistics.report(0)?.fractionLost).toBe(0);
	});

	test.each([
		['a duplicate', [0, 1, 2, 2, 3], { lost: 0, reordered: 0, duplicates: 1 }],
		['a late packet', [0, 1, 3, 2, 4], { lost: 0, reordered: 1, duplicates: 0 }],
		['a late packet that comes twice', [0, 1, 4, 2, 2, 3], { lost: 0, reordered: 2, duplicates: 1 }],
		['a duplicate beside a loss', [0, 1, 1, 3], { lost: 1, reordered: 0, duplicates: 1 }],
		['over the wrap', [0xfffe, 0xfffe, 0x10001, 0xffff], { lost: 1, reordered: 1, duplicates: 1 }],
		['a late packet in the place of one long gone', [...range(0, 199), 201, 202, 200], { reordered: 1, duplicates: 0 }],
		['a sequence number that steps back by one', [10, 11, 10, 11, 12], { lost: 0, duplicates: 2 }],
	])('tells %s', (_name, sequences, counts) => {
		const statistics = new ReceiverStatistics(90_000);
		receive(statistics, sequences);
		expect(statistics.reception).toMatchObject({ received: sequences.length, ...counts });
	});

	test('counts what a lossy network did, whatever it did', () => {
		const faults = fc.array(
			fc.record({
				fault: fc.constantFrom('none', 'none', 'none', 'drop', 'twice', 'late'),
				by: fc.integer({ min: 1, max: 40 }),
			}),
			{ minLength: 2, maxLength: 400 },
		);
		fc.assert(
			fc.property(faults, fc.integer({ min: 0, max: 0xffff }), (packets, first) => {
				const sent: { at: number; sequence: number }[] = [];
				let twice = 0;
				let dropped = 0;
				packets.forEach(({ fault, by }, index) => {
					const sequence = first + index;
					// The ends are kept: what is lost before the first packet or after the last cannot be known.
					const end = index === 0 || index === packets.length - 1;
					if (fault === 'drop' && !end) dropped++;
					else sent.push({ at: index + (fault === 'late' && !end ? by + 0.5 : 0), sequence });
					if (fault === 'twice') {
						twice++;
						sent.push({ at: index + by + 0.25, sequence });
					}
				});
				sent.sort((a, b) => a.at - b.at);
				let highest = -1;
				const seen = new Set<number>();
				let late = 0;
				for (const { sequence } of sent) {
					if (!seen.has(sequence) && sequence < highest) late++;
					seen.add(sequence);
					highest = Math.max(highest, sequence);
				}
				const statistics = new ReceiverStatistics(90_000);
				receive(
					statistics,
					sent.map(({ sequence }) => sequence),
				);
				expect(statistics.reception).toMatchObject({
					received: sent.length,
					lost: dropped,
					reordered: late,
					duplicates: twice,
				});
			}),
		);
	});

	test('a sender that starts anew keeps what was lost before', () => {
		const statistics = new ReceiverStatistics(90_000);
		receive(statistics, [0, 1, 5]);
		receive(statistics, [30_000, 30_001, 30_002]);
		expect(statistics.lost).toBe(3);
		receive(statistics, [7, 8, 9], 2);
		expect(statistics.lost).toBe(3);
		expect(statistics.report(0)).toMatchObject({ ssrc: 2, highestSequence: 9, cumulativeLost: 0 });
	});

	test('measures jitter, also over the wrap of the timestamps', () => {
		const statistics = new ReceiverStatistics(90_000);
		for (let frame = 0; frame < 200; frame++) {
			const timestamp = (0xffff_0000 + frame * 3000) >>> 0;
			const late = frame % 2 === 0 ? 0 : 5;
			statistics.receive(rtpPacket({ sequence: frame, timestamp, ssrc: 1 }), (frame * 100) / 3 + late);
		}
		// Each packet is 5 ms (450 ticks) off the one before.
		expect(statistics.jitter).toBeGreaterThan(445);
		expect(statistics.jitter).toBeLessThanOrEqual(451);
	});

	test('quotes the last sender report, also when it came before the first packet', () => {
		const statistics = new ReceiverStatistics(90_000);
		statistics.senderReport({ seconds: 0x1234abcd, fraction: 0xef012345 }, 1000);
		receive(statistics, [1]);
		expect(statistics.report(1500)).toMatchObject({
			lastSenderReport: 0xabcdef01,
			delaySinceLastSenderReport: 32_768,
		});
	});
});
