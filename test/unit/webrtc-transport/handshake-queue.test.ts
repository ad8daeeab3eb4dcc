import { describe, expect, it } from 'vitest';
import { HandshakeQueue, type HandshakeTask } from '../../../src/webrtc/transport/handshake-queue.ts';
import {
	HANDSHAKE_SLOT_MS,
	MAX_CONCURRENT_HANDSHAKES,
	MAX_WAITING_DATAGRAMS,
} from '../../../src/webrtc/transport/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const DATAGRAM = Buffer.from('x');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
	for (let index = 0; index < count; index++) await turn();
}

function task(log: string[], name: string): HandshakeTask & { handshaking: boolean } {
	return { handshaking: true, handle: () => log.push(name) };
}

describe('HandshakeQueue', () => {
	it('handles one datagram in each turn of the event loop', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue(new VirtualClock());
		const one = task(log, 'a');
		for (let count = 0; count < 3; count++) queue.push(one, DATAGRAM);
		expect(log).toEqual([]);
		await turn();
		expect(log).toEqual(['a']);
		await turns(5);
		expect(log).toEqual(['a', 'a', 'a']);
	});

	it('lets others wait until one that runs is done, gone or too slow', async () => {
		const log: string[] = [];
		const clock = new VirtualClock();
		const queue = new HandshakeQueue(clock);
		const running = Array.from({ length: MAX_CONCURRENT_HANDSHAKES }, (_, index) => task(log, `r${index}`));
		const waiting = ['a', 'b', 'c'].map((name) => task(log, name));
		for (const one of [...running, ...waiting]) queue.push(one, DATAGRAM);
		await turns(20);
		expect(log).toEqual(running.map((_, index) => `r${index}`));

		const [first, second] = running;
		if (first === undefined || second === undefined) throw new Error('no tasks');
		first.handshaking = false;
		queue.push(first, DATAGRAM);
		await turns(3);
		expect(log.splice(0).slice(-2)).toEqual(['r0', 'a']);

		queue.delete(second);
		await turns(3);
		expect(log.splice(0)).toEqual(['b']);

		await clock.advance(HANDSHAKE_SLOT_MS + 1);
		queue.sweep();
		await turns(3);
		expect(log.splice(0)).toEqual(['c']);

		// One that was too slow may go on.
		queue.push(running[2] as HandshakeTask, DATAGRAM);
		await turns(3);
		expect(log).toEqual(['r2']);
	});

	it('sees that a handshake has ended a little after its last datagram', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue(new VirtualClock());
		const tasks = Array.from({ length: MAX_CONCURRENT_HANDSHAKES * 2 }, (_, index) => {
			const one = task(log, `${index}`);
			one.handle = (): void => {
				log.push(`${index}`);
				void Promise.resolve()
					.then(() => {})
					.then(() => {
						one.handshaking = false;
					});
			};
			return one;
		});
		for (const one of tasks) queue.push(one, DATAGRAM);
		await turns(tasks.length + 5);
		expect(log).toEqual(tasks.map((_, index) => `${index}`));
	});

	it('keeps so many datagrams of one viewer', async () => {
		const log: string[] = [];
		const queue = new HandshakeQueue(new VirtualClock());
		const one = task(log, 'a');
		for (let count = 0; count < MAX_WAITING_DATAGRAMS + 10; count++) queue.push(one, DATAGRAM);
		await turns(MAX_WAITING_DATAGRAMS + 20);
		expect(log).toHaveLength(MAX_WAITING_DATAGRAMS);
	});
});
