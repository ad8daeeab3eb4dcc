import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReorderWindow } from '../../../src/media/rtp/reorder.ts';
import { sequenceDistance } from '../../../src/media/rtp/rtp.ts';
import { rtpPacket } from './rtp-packets.ts';

function windowInto(emitted: number[], options = { delay: 60, packets: 64 }): ReorderWindow {
	return new ReorderWindow(options, (packet) => emitted.push(packet.sequence));
}

function push(window: ReorderWindow, sequences: readonly number[], arrival = 0, ssrc = 1): void {
	for (const sequence of sequences) window.push(rtpPacket({ sequence: sequence & 0xffff, ssrc }), arrival);
}

describe('ReorderWindow', () => {
	test.each([
		['in order', [1, 2, 3], [1, 2, 3]],
		['swapped', [1, 3, 2, 4], [1, 2, 3, 4]],
		['over the wrap', [0xfffe, 0x10001, 0x10000, 0xffff], [0xfffe, 0xffff, 0, 1]],
		['duplicates', [1, 2, 2, 4, 4, 3, 3, 1], [1, 2, 3, 4]],
		['a jump of the sender', [1, 2, 30_000, 30_001], [1, 2, 30_000, 30_001]],
		['a jump back', [30_000, 30_001, 5, 6], [30_000, 30_001, 5, 6]],
	])('%s', (_name, sequences, expected) => {
		const emitted: number[] = [];
		push(windowInto(emitted), sequences);
		expect(emitted).toEqual(expected);
	});

	test('gives a missing packet up after the delay', () => {
		const emitted: number[] = [];
		const window = windowInto(emitted);
		push(window, [1, 3], 100);
		push(window, [5], 130);
		expect(window.deadline).toBe(160);
		window.flush(159);
		expect(emitted).toEqual([1]);
		window.flush(160);
		expect(emitted).toEqual([1, 3]);
		expect(window.deadline).toBe(190);
		push(window, [6], 200);
		expect(emitted).toEqual([1, 3, 5, 6]);
		expect(window.deadline).toBeUndefined();
		push(window, [2], 201);
		expect(emitted).toEqual([1, 3, 5, 6]);
		expect(window.discarded).toBe(1);
	});

	test('gives up when the window is full', () => {
		const emitted: number[] = [];
		const window = windowInto(emitted, { delay: 60, packets: 4 });
		push(window, [0, 2, 3, 4]);
		expect(emitted).toEqual([0]);
		push(window, [5]);
		expect(emitted).toEqual([0, 2, 3, 4, 5]);
		push(window, [100]);
		expect(emitted).toEqual([0, 2, 3, 4, 5]);
		window.flush(60);
		expect(emitted).toEqual([0, 2, 3, 4, 5, 100]);
	});

	test('a new SSRC lets go what is held', () => {
		const emitted: number[] = [];
		const window = windowInto(emitted);
		push(window, [1, 3]);
		push(window, [7], 0, 2);
		expect(emitted).toEqual([1, 3, 7]);
	});

	test('forgets on reset', () => {
		const emitted: number[] = [];
		const window = windowInto(emitted);
		push(window, [10, 12]);
		window.reset();
		expect(window.deadline).toBeUndefined();
		push(window, [3]);
		expect(emitted).toEqual([10, 3]);
	});

	test('a shuffle within the window comes out complete and in order', () => {
		fc.assert(
			fc.property(fc.nat(0xffff), fc.array(fc.nat(7), { minLength: 1, maxLength: 80 }), (first, shifts) => {
				// Each packet is late by up to seven places.
				const order = shifts
					.map((shift, index) => ({ sequence: (first + 1 + index) & 0xffff, at: index + shift }))
					.sort((a, b) => a.at - b.at);
				const emitted: number[] = [];
				const window = windowInto(emitted);
				push(window, [first, ...order.map(({ sequence }) => sequence)]);
				expect(emitted).toEqual([...shifts.keys(), shifts.length].map((index) => (first + index) & 0xffff));
			}),
		);
	});

	test('whatever comes in goes out at most once, in order within a run, and nothing stays', () => {
		fc.assert(
			fc.property(fc.array(fc.nat(0xffff), { maxLength: 200 }), (sequences) => {
				const emitted: number[] = [];
				const window = windowInto(emitted, { delay: 10, packets: 16 });
				sequences.forEach((sequence, index) => {
					push(window, [sequence], index);
				});
				window.flush(1e9);
				expect(window.deadline).toBeUndefined();
				expect(emitted.length + window.discarded).toBe(sequences.length);
				emitted.forEach((sequence, index) => {
					const step = sequenceDistance(emitted[index - 1] ?? sequence, sequence);
					expect(step < 0 && step >= -100).toBe(false);
				});
			}),
		);
	});
});
