import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RedisLink } from '../../../src/cluster/redis-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { recordingLogger } from '../api/api-fixture.ts';

const ends: (() => void)[] = [];
afterEach(() => {
	for (const end of ends.splice(0)) end();
});

function link(url: string, timeout = 500) {
	const clock = new VirtualClock();
	const lines: Parameters<typeof recordingLogger>[0] = [];
	const told = { up: 0, down: 0 };
	const made = new RedisLink({
		...{ url, channel: 'events', timeout, clock, logger: recordingLogger(lines), random: () => 0.5 },
		onUp: () => void told.up++,
		onDown: () => void told.down++,
		onMessage: () => {},
	});
	ends.push(() => made.close());
	return { link: made, clock, lines, told };
}

/** Reads commands; answers `+OK` as long as they are not `silentFrom`. */
async function listen(
	silentFrom: string,
): Promise<{ server: Server; url: string; heard(word: string): Promise<void> }> {
	const server = createServer((socket: Socket) => {
		socket.on('error', () => {});
		socket.on('data', (bytes) => {
			const text = String(bytes);
			server.emit('text', text);
			for (const command of text.split(/^\*/m).filter(Boolean))
				if (!command.includes(silentFrom)) socket.write('+OK\r\n');
		});
		ends.push(() => socket.destroy());
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	ends.push(() => server.close());
	const heard = (word: string) =>
		new Promise<void>((resolve) => {
			const look = (text: string) => {
				if (!text.includes(word)) return;
				server.off('text', look);
				resolve();
			};
			server.on('text', look);
		});
	return { server, url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

describe('a Redis that takes the connection', () => {
	it.each(['HELLO', 'subscribe'])('and answers no %s is left and tried again', async (command) => {
		const { url, heard } = await listen(command);
		const first = heard(command);
		const { link: made, clock, lines, told } = link(url);
		await first;
		await clock.advance(1_900);
		expect(lines).toEqual([]);
		const second = heard(command);
		await clock.advance(2_000);
		await second;
		expect(lines).toEqual([
			{
				facts: { reason: expect.stringContaining('takes the connection, but gave no answer in 2000 ms') },
				message: expect.any(String),
			},
		]);
		const third = heard(command);
		await clock.advance(4_000);
		await third;
		expect(lines).toHaveLength(1);
		expect([made.up, told]).toEqual([false, { up: 0, down: 0 }]);
	});

	it('has as long as a command where that is longer', async () => {
		const { url, heard } = await listen('HELLO');
		const first = heard('HELLO');
		const { clock, lines } = link(url, 8_000);
		await first;
		await clock.advance(7_900);
		expect(lines).toEqual([]);
		await clock.advance(200);
		expect(lines).toHaveLength(1);
	});
});

describe('an address that cannot be one', () => {
	it.each(['redis://user:CANARY#ss@host:6379', 'redis://host/db0'])('%s is told of and kills nothing', async (url) => {
		const { link: made, clock, lines } = link(url);
		await clock.advance(10_000);
		expect(lines).toEqual([{ facts: { reason: expect.stringContaining('Invalid') }, message: expect.any(String) }]);
		expect(JSON.stringify(lines)).not.toContain('CANARY');
		expect(made.up).toBe(false);
		await expect(made.publish('x')).rejects.toMatchObject({ code: 'cluster_unreachable' });
	});
});
