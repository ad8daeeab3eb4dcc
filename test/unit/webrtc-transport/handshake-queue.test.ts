import { describe, expect, it } from 'vitest';
import { HandshakeQueue, type HandshakeTask } from '../../../src/webrtc/transport/handshake-queue.ts';
import { MAX_WAITING_DATAGRAMS } from '../../../src/webrtc/transport/limits.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
	for (let index = 0; index < count; index++) await turn();
}

function task(log: string[], name: string): HandshakeTask {
	return { receiveDtls: (datagram) => void log.push(`${name}${datagram}`) };
}

describe('HandshakeQueue', () => {
	it('lets one datagram in with each turn of the event loop', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue();
		const one = task(log, 'a');
		for (const name of '123') queue.push(one, Buffer.from(name));
		expect(log).toEqual([]);
		await turn();
		expect(log).toEqual(['a1']);
		await turns(4);
		expect(log).toEqual(['a1', 'a2', 'a3']);
	});

	it('serves viewers in turn, and forgets those who left', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue();
		const [a, b, c] = [task(log, 'a'), task(log, 'b'), task(log, 'c')];
		for (const each of [a, b, c, a]) queue.push(each, Buffer.from('x'));
		queue.delete(b);
		await turns(6);
		expect(log).toEqual(['ax', 'cx', 'ax']);
		queue.push(b, Buffer.from('y'));
		await turns(2);
		expect(log.at(-1)).toBe('by');
	});

	it('lets nobody wait for a viewer whose datagrams never end', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue();
		const [flooder, other] = [task(log, 'f'), task(log, 'o')];
		for (const each of [flooder, flooder, other]) queue.push(each, Buffer.from('x'));
		for (let count = 0; count < 6; count++) {
			queue.push(flooder, Buffer.from('x'));
			if (count === 3) queue.push(other, Buffer.from('y'));
			await turn();
		}
		expect(log).toEqual(['fx', 'ox', 'fx', 'fx', 'oy', 'fx']);
	});

	it('keeps a copy, and so many datagrams of one viewer', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue();
		const one = task(log, 'a');
		const datagram = Buffer.from('1');
		for (let count = 0; count < MAX_WAITING_DATAGRAMS + 10; count++) queue.push(one, datagram);
		datagram.write('2');
		await turns(MAX_WAITING_DATAGRAMS + 20);
		expect(log).toEqual(Array(MAX_WAITING_DATAGRAMS).fill('a1'));
	});
});
