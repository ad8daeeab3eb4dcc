import { describe, expect, it } from 'vitest';
import { RING_LIMITS } from '../../../src/webrtc/limits.ts';
import { PacketRing } from '../../../src/webrtc/repair/packet-ring.ts';

/** A ring with so many packets of one payload, one each millisecond, each a frame of its own. */
function filled(count: number, size: number): PacketRing {
	const ring = new PacketRing();
	const payload = new Uint8Array(size);
	for (let index = 0; index < count; index++) {
		ring.push({ sequence: index & 0xffff, timestamp: index, marker: true, ssrc: 1, payload }, index, index);
	}
	return ring;
}

describe('PacketRing', () => {
	it('finds what it holds, however often it grew', () => {
		const ring = filled(RING_LIMITS.initialPackets * 4 + 3, 10);
		expect([ring.first, ring.bytes]).toEqual([0, ring.next * 10]);
		for (const index of [0, 511, 512, 2_050]) {
			expect(ring.packet(index)?.timestamp).toBe(index);
			expect([ring.frame(index), ring.time(index)]).toEqual([index, index]);
		}
		expect(ring.packet(ring.next)).toBeUndefined();
	});

	it('holds no more packets than its cap', () => {
		const ring = filled(RING_LIMITS.packets + 100, 1);
		expect([ring.first, ring.next - ring.first]).toEqual([100, RING_LIMITS.packets]);
		expect(ring.packet(99)).toBeUndefined();
		expect(ring.packet(100)?.timestamp).toBe(100);
		expect(ring.time(3)).toBe(100);
	});

	it('holds no more bytes than its cap', () => {
		const size = 64 * 1024;
		const most = RING_LIMITS.bytes / size;
		const ring = filled(most + 5, size);
		expect([ring.first, ring.bytes]).toEqual([5, RING_LIMITS.bytes]);
	});

	it('forgets by age, but nothing from a given packet on', () => {
		const ring = filled(100, 10);
		ring.forget(50, 30);
		expect([ring.first, ring.bytes]).toEqual([30, 700]);
		ring.forget(50, Number.POSITIVE_INFINITY);
		expect(ring.first).toBe(50);
	});
});
