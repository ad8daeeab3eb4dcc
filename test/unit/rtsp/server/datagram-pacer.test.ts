import { describe, expect, it } from 'vitest';
import { SERVER_LIMITS } from '../../../../src/rtsp/server/limits.ts';
import { DatagramPacer } from '../../../../src/rtsp/server/outlets/datagram-pacer.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';

function start() {
	const clock = new VirtualClock();
	const sent: { mark: number; port: number }[] = [];
	const pacer = new DatagramPacer(clock, (packet, port) => sent.push({ mark: packet[0] ?? -1, port }));
	return { clock, sent, pacer };
}

function frame(packets: number, mark = 0): Uint8Array[] {
	return Array.from({ length: packets }, (_, index) => new Uint8Array(1024).fill((mark + index) & 0xff));
}

describe('DatagramPacer', () => {
	it('sends a frame of usual size at once', () => {
		const { sent, pacer } = start();
		pacer.push(frame(40), 5000);
		expect(sent.length).toBe(40);
		expect(pacer.backlog).toBe(0);
	});

	it('spreads a large one over time, and what comes after it stays behind it', async () => {
		const { clock, sent, pacer } = start();
		pacer.push(frame(200), 5000);
		pacer.push(frame(1, 250), 5002);
		expect(sent.length).toBe(SERVER_LIMITS.udpBurstBytes / 1024);
		expect(pacer.backlog).toBe(137 * 1024);
		await clock.advance(10);
		expect(sent.length).toBeGreaterThan(64 + 30);
		expect(sent.length).toBeLessThan(64 + 60);
		await clock.advance(1000);
		expect(sent.map(({ mark }) => mark)).toEqual([...Array.from({ length: 200 }, (_, index) => index), 250]);
		expect(sent.at(-1)?.port).toBe(5002);
		expect(pacer.backlog).toBe(0);
	});

	it('keeps up with a stream faster than its usual pace', async () => {
		const { clock, pacer } = start();
		for (let millisecond = 0; millisecond < 3000; millisecond++) {
			pacer.push(frame(8), 5000);
			await clock.advance(1);
		}
		expect(pacer.backlog).toBeLessThan(8 * 1024 * SERVER_LIMITS.udpDrain * 1.1);
	});

	it('drops what waits for one port, in part or whole, and counts what is left', async () => {
		const { clock, sent, pacer } = start();
		pacer.push(frame(100), 5000);
		pacer.push(frame(10, 100), 5002);
		pacer.push(frame(10), 5000);
		pacer.drop(5002);
		expect(pacer.backlog).toBe((100 - sent.length + 10) * 1024);
		pacer.push(frame(5, 200), 5004);
		pacer.drop(5000);
		expect(pacer.backlog).toBe(5 * 1024);
		const before = sent.length;
		await clock.advance(1000);
		expect(sent.slice(before).map(({ mark }) => mark)).toEqual([200, 201, 202, 203, 204]);
		expect(pacer.backlog).toBe(0);
	});

	it('sends nothing after it was closed', async () => {
		const { clock, sent, pacer } = start();
		pacer.push(frame(200), 5000);
		const before = sent.length;
		pacer.close();
		await clock.advance(1000);
		expect(sent.length).toBe(before);
	});
});
