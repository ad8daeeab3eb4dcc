import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_SEND_BACKLOG } from '../../../src/webrtc/transport/limits.ts';
import { UdpEndpoint } from '../../../src/webrtc/transport/udp-endpoint.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
	vi.restoreAllMocks();
});

async function scene() {
	const dropped = vi.fn();
	const endpoint = await UdpEndpoint.bind({
		...{ family: 'IPv4', host: '127.0.0.1', port: 0 },
		onDatagram() {},
		onDropped: dropped,
		onError() {},
	});
	cleanups.push(() => endpoint.close());
	const viewer = createSocket('udp4');
	cleanups.push(() => viewer.close());
	const heard: string[] = [];
	viewer.on('message', (datagram) => heard.push(String(datagram)));
	viewer.bind(0, '127.0.0.1');
	await once(viewer, 'listening');
	return { endpoint, dropped, heard, route: endpoint.route('127.0.0.1', viewer.address().port) };
}

/** Sockets say that so much waits. */
function pretendQueue(datagrams: number, bytes: number): void {
	vi.spyOn(Socket.prototype, 'getSendQueueCount').mockReturnValue(datagrams);
	vi.spyOn(Socket.prototype, 'getSendQueueSize').mockReturnValue(bytes);
}

describe('UdpEndpoint', () => {
	it('sends at once, and holds no memory then', async () => {
		const { endpoint, route, heard } = await scene();
		const datagram = Buffer.from(new TextEncoder().encode('at once').buffer);
		expect(route.send(datagram)).toBe(true);
		expect(endpoint.holds(datagram.buffer)).toBe(false);
		await vi.waitFor(() => expect(heard).toEqual(['at once']), { timeout: 5000 });
	});

	it('refers to the memory of what waits first, copies what comes behind it, and lets go when nothing waits', async () => {
		const { endpoint, route } = await scene();
		const sent = vi.spyOn(Socket.prototype, 'send').mockImplementation(() => {});
		pretendQueue(1, 100);
		const [first, second] = [Buffer.from(new ArrayBuffer(8)), Buffer.from(new ArrayBuffer(8))];
		expect([route.send(first), route.send(second)]).toEqual([true, true]);
		expect(sent.mock.calls[0]?.[0]).toBe(first);
		second.fill(7);
		expect(sent.mock.calls[1]?.[0]).toEqual(Buffer.alloc(8));
		expect([endpoint.holds(first.buffer), endpoint.holds(second.buffer)]).toEqual([true, false]);
		pretendQueue(0, 0);
		expect(endpoint.holds(first.buffer)).toBe(false);
	});

	it('gives up what comes when too much waits, and says so', async () => {
		const { route, dropped } = await scene();
		const sent = vi.spyOn(Socket.prototype, 'send').mockImplementation(() => {});
		pretendQueue(1, MAX_SEND_BACKLOG + 1);
		const datagram = Buffer.from('waits');
		expect(route.send(datagram)).toBe(true);
		expect(dropped).not.toHaveBeenCalled();
		expect(route.send(datagram)).toBe(false);
		expect([sent.mock.calls.length, dropped.mock.calls.length]).toEqual([1, 1]);
	});
});
