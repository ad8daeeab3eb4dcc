import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UdpOutlets } from '../../../../src/rtsp/server/outlets/udp-outlet.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';
import { frameOf } from './fake-presentation.ts';

const HOME = '127.0.0.1';
const REPORT = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1);
const closers: (() => unknown)[] = [];

afterEach(async () => {
	vi.restoreAllMocks();
	for (const close of closers.splice(0).reverse()) await close();
});

async function open(): Promise<UdpOutlets> {
	const outlets = await UdpOutlets.bind(HOME, 0, new VirtualClock());
	closers.push(() => outlets.close());
	return outlets;
}

/** A port of the client, and how it sends RTCP. */
async function openPort(outlets: UdpOutlets): Promise<{ port: number; say: () => void }> {
	const player = createSocket('udp4').bind(0, HOME);
	await once(player, 'listening');
	closers.push(() => player.close());
	return { port: player.address().port, say: () => player.send(REPORT, outlets.ports[1], HOME) };
}

describe('UdpOutlets', () => {
	it('hears who has a port now, also when who had it before leaves later', async () => {
		const outlets = await open();
		const { port, say } = await openPort(outlets);
		const heard = { before: 0, now: 0 };
		const before = outlets.client(HOME).outlet([port - 1, port], () => heard.before++);
		say();
		await expect.poll(() => heard).toEqual({ before: 1, now: 0 });
		const now = outlets.client(HOME).outlet([port - 1, port], () => heard.now++);
		before.close();
		say();
		await expect.poll(() => heard).toEqual({ before: 1, now: 1 });
		now.close();
		say();
		// What comes after it has been heard, and so it has been passed over.
		const other = await openPort(outlets);
		const later = new Promise<void>((resolve) => outlets.client(HOME).outlet([1, other.port], resolve));
		other.say();
		await later;
		expect(heard).toEqual({ before: 1, now: 1 });
	});

	it('sends nothing of what waits to a port that was given back', async () => {
		const clock = new VirtualClock();
		const outlets = await UdpOutlets.bind(HOME, 0, clock);
		closers.push(() => outlets.close());
		const client = outlets.client(HOME);
		const [left, kept] = [client.outlet([5000, 5001], () => {}), client.outlet([5002, 5003], () => {})];
		const send = vi.spyOn(Socket.prototype, 'send').mockImplementation(() => {});
		const large = { ...frameOf(0, 1, true), packets: Array.from({ length: 200 }, () => new Uint8Array(1024)) };
		left.send(large);
		kept.send(frameOf(0, 2));
		const before = send.mock.calls.length;
		expect(before).toBeLessThan(200);
		left.close();
		await clock.advance(1000);
		expect(send.mock.calls.slice(before).map((call: readonly unknown[]) => call[1])).toEqual([5002]);
		expect(kept.backlog).toBe(0);
	});

	it('sends nothing by a way that is closed', async () => {
		const outlets = await open();
		const outlet = outlets.client(HOME).outlet([5000, 5001], () => {});
		const send = vi.spyOn(Socket.prototype, 'send').mockImplementation(() => {});
		outlet.send(frameOf(0, 1, true));
		outlet.sendRtcp(REPORT);
		outlet.close();
		outlet.close();
		outlet.send(frameOf(0, 2));
		outlet.sendRtcp(REPORT);
		expect(send.mock.calls.map((call: readonly unknown[]) => call[1])).toEqual([5000, 5001]);
	});
});
