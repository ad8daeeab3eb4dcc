import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Lane } from '../../../src/rtsp/client/transport/media-receiver.ts';
import type { MediaPath } from '../../../src/rtsp/client/transport/media-transport.ts';
import { UdpTransport } from '../../../src/rtsp/client/transport/udp-transport.ts';
import { openUdpPortPair } from '../../../src/rtsp/udp-port-pair.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const HOME = '127.0.0.1';
const LANE: Lane = { onRtp() {}, onRtcp() {}, expects: () => true };
const closers: (() => void)[] = [];

afterEach(() => {
	vi.restoreAllMocks();
	for (const close of closers.splice(0)) close();
});

function openTransport(): UdpTransport {
	const transport = new UdpTransport({ remoteAddress: HOME, localAddress: HOME, clock: new VirtualClock() });
	closers.push(() => transport.close());
	return transport;
}

function accept(path: MediaPath, serverPort: readonly [number, number]): unknown {
	return path.accept({ lower: 'udp', profile: 'RTP/AVP', multicast: false, serverPort }, LANE);
}

async function isFree(port: number): Promise<boolean> {
	const socket = createSocket('udp4');
	const free = await new Promise<boolean>((resolve) => {
		socket.once('error', () => resolve(false));
		socket.bind(port, HOME, () => resolve(true));
	});
	const closed = once(socket, 'close');
	socket.close();
	await closed;
	return free;
}

describe('UdpTransport', () => {
	it.each([
		[[53, 123], []],
		[[1022, 1023], []],
		[[1023, 1024], [1024]],
		[
			[1024, 1025],
			[1024, 1025],
		],
		[[0, 0], []],
	] as const)('sends to the ports %j of the camera: %j', async (serverPort, expected) => {
		const path = await openTransport().open();
		accept(path, serverPort);
		const send = vi.spyOn(Socket.prototype, 'send').mockImplementation(() => {});
		path.punch();
		path.sendRtcp(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1));
		expect(send.mock.calls.map((call: readonly unknown[]) => call[1])).toEqual(expected);
		expect(send.mock.calls.every((call: readonly unknown[]) => call[2] === HOME)).toBe(true);
	});

	it('asks for an even port and the next one', async () => {
		const transport = openTransport();
		for (let count = 0; count < 16; count++) {
			const { request } = await transport.open();
			const [rtp = 0, rtcp = 0] = request.clientPort ?? [];
			expect([rtp % 2, rtcp - rtp]).toEqual([0, 1]);
			expect([await isFree(rtp), await isFree(rtcp)]).toEqual([false, false]);
		}
	});

	it('frees its ports', async () => {
		const transport = openTransport();
		const paths = [await transport.open(), await transport.open()];
		transport.close();
		for (const port of paths.flatMap(({ request }) => request.clientPort ?? [])) {
			await expect.poll(() => isFree(port)).toBe(true);
		}
	});
});

describe('a pair of UDP ports', () => {
	it('is two sockets at the port it says and the next', async () => {
		const { rtp, rtcp, port } = await openUdpPortPair(HOME);
		closers.push(
			() => rtp.close(),
			() => rtcp.close(),
		);
		expect([rtp.address().port, rtcp.address().port]).toEqual([port, port + 1]);
	});

	it('that was chosen is not had in part', async () => {
		const taken = await openUdpPortPair(HOME);
		const { port } = taken;
		taken.rtp.close();
		closers.push(() => taken.rtcp.close());
		await expect(openUdpPortPair(HOME, port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
		await expect.poll(() => isFree(port)).toBe(true);
	});
});
