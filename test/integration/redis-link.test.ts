import { once } from 'node:events';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { MAX_MESSAGE_LENGTH, MAX_PENDING_COMMANDS } from '../../src/cluster/limits.ts';
import { RedisLink } from '../../src/cluster/redis-link.ts';
import { redisScript } from '../../src/cluster/redis-script.ts';
import { TestRedis } from '../fakes/redis-server.ts';

const ECHO = redisScript('return ARGV[1]');

let redis: TestRedis;
let link: RedisLink;
let told: EventTarget;
let heard: string[];

beforeEach(async () => {
	redis = await TestRedis.start();
	told = new EventTarget();
	heard = [];
	const tell = (name: string) => void told.dispatchEvent(new Event(name));
	const up = once(told, 'up');
	link = new RedisLink({
		...{ url: redis.url, channel: 'test', timeout: 1000, clock: systemClock, logger: silentLogger, random: () => 0 },
		onUp: () => tell('up'),
		onDown: () => tell('down'),
		onMessage: (message) => {
			heard.push(message);
			tell('message');
		},
	});
	await up;
});
afterEach(async () => {
	link.close();
	redis.resume();
	await redis.stop();
});

describe('the connection to Redis', () => {
	it('brings a script to a Redis that does not know it, or not any more', async () => {
		expect(await link.run(ECHO, ['one'])).toBe('one');
		const client = createClient({ url: redis.url });
		await client.connect();
		await client.sendCommand(['SCRIPT', 'FLUSH']);
		client.destroy();
		expect(await link.run(ECHO, ['two'])).toBe('two');
	});

	it('passes on what nodes say, unless it is longer than they say anything', async () => {
		const message = once(told, 'message');
		await link.publish('x'.repeat(MAX_MESSAGE_LENGTH + 1));
		await link.publish('y'.repeat(MAX_MESSAGE_LENGTH));
		await message;
		expect(heard.map((text) => text.slice(0, 1))).toEqual(['y']);
	});

	it('has so many commands wait and no more, and fails them all when none is answered', async () => {
		redis.pause();
		const down = once(told, 'down');
		const waiting = Array.from({ length: MAX_PENDING_COMMANDS }, () => link.run(ECHO, ['one']));
		const failed = Promise.allSettled(waiting);
		await expect(link.run(ECHO, ['one'])).rejects.toThrow('too many commands wait for Redis');
		await down;
		expect(link.up).toBe(false);
		expect(new Set((await failed).map(({ status }) => status))).toEqual(new Set(['rejected']));
		const up = once(told, 'up');
		redis.resume();
		await up;
		expect(await link.run(ECHO, ['again'])).toBe('again');
	});
});
