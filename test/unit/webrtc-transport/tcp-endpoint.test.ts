import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_TCP_BACKLOG } from '../../../src/webrtc/transport/limits.ts';
import { frameDatagram } from '../../../src/webrtc/transport/stream-framing.ts';
import {
	type TcpConnection,
	TcpEndpoint,
	type TcpEndpointOptions,
} from '../../../src/webrtc/transport/tcp-endpoint.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(changes: Partial<TcpEndpointOptions>) {
	const errors: string[] = [];
	const endpoint = await TcpEndpoint.listen({
		host: '127.0.0.1',
		port: 0,
		maxConnections: 10,
		clock: new VirtualClock(),
		onDatagram() {},
		onClosed() {},
		onDropped() {},
		onError: ({ message }) => errors.push(message),
		...changes,
	});
	cleanups.push(() => endpoint.close());
	return { endpoint, errors };
}

async function connectTo({ port }: TcpEndpoint) {
	const socket = connect(port, '127.0.0.1');
	cleanups.push(() => socket.destroy());
	socket.on('error', () => {});
	const closed = once(socket, 'close');
	await once(socket, 'connect');
	return { socket, closed, send: (text: string) => void socket.write(frameDatagram(Buffer.from(text))) };
}

describe('TcpEndpoint', () => {
	it('closes the connection alone whose datagram or end cannot be handled', async () => {
		const heard: string[] = [];
		const { endpoint, errors } = await listen({
			onDatagram(datagram) {
				if (String(datagram) === 'bad') throw new Error('a fault');
				heard.push(String(datagram));
			},
			onClosed() {
				throw new Error('another fault');
			},
		});
		const [faulty, bystander] = [await connectTo(endpoint), await connectTo(endpoint)];
		faulty.send('bad');
		faulty.send('unheard');
		await faulty.closed;
		await vi.waitFor(() => expect(errors).toEqual(['a fault', 'another fault']), { timeout: 5000 });
		bystander.send('good');
		await vi.waitFor(() => expect(heard).toEqual(['good']), { timeout: 5000 });
	});

	it('gives up what comes when too much waits or the connection is gone, and says so', async () => {
		const connections: TcpConnection[] = [];
		const dropped = vi.fn();
		const gone = vi.fn();
		const { endpoint } = await listen({
			onDatagram: (_datagram, from) => connections.push(from),
			onDropped: dropped,
			onClosed: gone,
		});
		const { send, socket } = await connectTo(endpoint);
		send('here');
		await vi.waitFor(() => expect(connections).toHaveLength(1), { timeout: 5000 });
		const [connection] = connections as [TcpConnection];
		socket.pause();
		const datagram = Buffer.alloc(64 * 1024 - 1);
		let taken = 0;
		while (connection.send(datagram)) taken++;
		expect(taken * datagram.length).toBeGreaterThan(MAX_TCP_BACKLOG);
		// Nothing is read meanwhile; what the kernels took of it is no part of what waits.
		expect(taken * datagram.length).toBeLessThan(64 * MAX_TCP_BACKLOG);
		expect(dropped).toHaveBeenCalledTimes(1);
		socket.destroy();
		await vi.waitFor(() => expect(gone).toHaveBeenCalled(), { timeout: 5000 });
		expect(connection.send(datagram)).toBe(false);
	});
});
