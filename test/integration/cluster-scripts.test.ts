import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RedisScript } from '../../src/cluster/redis-script.ts';
import { BEAT, BURY, DRAIN, LEASES, LEAVE, NO_HOLDER, PLACE, REVOCATIONS } from '../../src/cluster/scripts.ts';
import { TestRedis } from '../fakes/redis-server.ts';

const P = 'test:';
/** Long enough for whatever the machine does meanwhile. Milliseconds. */
const LONG = 60_000;

let redis: TestRedis;
let client: ReturnType<typeof connected>;

beforeAll(async () => {
	redis = await TestRedis.start();
	client = connected();
	await client.connect();
});
beforeEach(() => ask('FLUSHALL'));
afterAll(async () => {
	client.destroy();
	await redis.stop();
});

function connected() {
	const socket = { reconnectStrategy: false } as const;
	return createClient({ url: redis.url, socket, disableClientInfo: true }).on('error', () => {});
}

function ask(...words: (string | number)[]): Promise<unknown> {
	return client.sendCommand(words.map(String));
}

function run({ text }: RedisScript, ...words: (string | number)[]): Promise<unknown> {
	return ask('EVAL', text, 0, P, ...words);
}

/** By Redis, in milliseconds. */
async function time(): Promise<number> {
	const [seconds, microseconds] = (await ask('TIME')) as [string, string];
	return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

const hash = async (key: string) => ({ ...((await ask('HGETALL', key)) as Record<string, string>) });
const members = (key: string) => ask('ZRANGE', key, 0, -1) as Promise<string[]>;
const life = async (key: string) => Number(await ask('PTTL', key));
const has = async (key: string) => (await ask('EXISTS', key)) === 1;

type Beat = Partial<
	Record<'process' | 'ttl' | 'viewers' | 'capacity' | 'arrived' | 'draining' | 'life' | 'most', string | number>
>;

/** A heartbeat, and the rows of the answer by node. */
async function beat(node: string, told: Beat = {}) {
	const { process = `process-${node}`, ttl = LONG, viewers = 0, capacity = 10, arrived = 0 } = told;
	const words = [node, process, ttl, `load-${node}`, `inventory-${node}`, viewers, capacity, arrived];
	const answer = await run(BEAT, ...words, told.draining ?? 0, told.life ?? LONG, told.most ?? 500);
	const [former = '', ...fields] = answer as string[];
	const rows: Record<string, string[]> = {};
	for (let at = 0; at < fields.length; at += 6) rows[fields[at] ?? ''] = fields.slice(at + 1, at + 6);
	return { former, rows };
}

let unique = 0;
function place(node: string, holder = NO_HOLDER, stream = 'yard', lasts = LONG): Promise<unknown> {
	return run(PLACE, node, holder, `${++unique} ${stream}`, lasts);
}

describe('a heartbeat', () => {
	it('writes down how the node is, for as long as it lives without another one', async () => {
		const before = await time();
		expect(await beat('a', { process: 'one', viewers: 3, capacity: 7, ttl: 5_000 })).toMatchObject({ former: '' });
		const { seen, ...record } = await hash('test:node:a');
		expect(record).toEqual({
			...{ process: 'one', load: 'load-a', inventory: 'inventory-a', viewers: '3', capacity: '7' },
		});
		expect(seen).toMatch(/^\d+$/);
		expect(Number(seen)).toBeGreaterThanOrEqual(before);
		expect(Number(seen)).toBeLessThanOrEqual(await time());
		expect(await life('test:node:a')).toBeGreaterThan(0);
		expect(await life('test:node:a')).toBeLessThanOrEqual(5_000);
		expect(Number(await ask('ZSCORE', 'test:nodes', 'a'))).toBe(Number(seen));
		expect(await beat('a', { process: 'two', ttl: LONG })).toMatchObject({ former: 'one' });
		expect(await life('test:node:a')).toBeGreaterThan(5_000);
	});

	it('is answered with every node', async () => {
		await beat('a', { draining: 1 });
		await beat('b');
		const { rows } = await beat('c');
		const seen = (await hash('test:node:a')).seen;
		expect(Object.keys(rows).sort()).toEqual(['a', 'b', 'c']);
		expect(rows.a).toEqual(['load-a', 'inventory-a', seen, '1', '{}']);
		expect(rows.b?.[3]).toBe('');
	});

	it('is answered with the nodes heard of last when there are too many', async () => {
		for (const [index, node] of ['a', 'b', 'c'].entries()) {
			await beat(node);
			await ask('ZADD', 'test:nodes', index, node);
		}
		expect(Object.keys((await beat('c', { most: 2 })).rows)).toEqual(['c', 'b']);
	});

	it('takes nodes off the table whose record has run out, with the places there', async () => {
		await beat('a');
		await place('a');
		await ask('DEL', 'test:node:a');
		expect(Object.keys((await beat('b')).rows)).toEqual(['b']);
		expect(await members('test:nodes')).toEqual(['b']);
		expect(await has('test:placed:a')).toBe(false);
	});

	it('counts viewers on their way by stream, and forgets them when they do not come', async () => {
		await beat('a');
		for (const stream of ['yard', 'room/5', 'yard']) await place('a', 'somebody', stream);
		expect(JSON.parse((await beat('b')).rows.a?.[4] ?? '')).toEqual({ yard: 2, 'room/5': 1 });
		await ask('ZADD', 'test:placed:a', (await time()) - 1001, '- 0 late');
		expect(JSON.parse((await beat('b', { life: LONG })).rows.a?.[4] ?? '')).toHaveProperty('late');
		expect(JSON.parse((await beat('b', { life: 1000 })).rows.a?.[4] ?? '')).not.toHaveProperty('late');
	});

	it('takes off as many of the oldest as arrived, at this node', async () => {
		for (const node of ['a', 'b']) {
			await beat(node);
			for (const [at, stream] of ['first', 'second', 'third'].entries()) {
				await ask('ZADD', `test:placed:${node}`, (await time()) - 100 + at, `- ${at} ${stream}`);
			}
		}
		await beat('a', { arrived: 0 });
		expect(await members('test:placed:a')).toHaveLength(3);
		await beat('a', { arrived: 1 });
		expect(await members('test:placed:a')).toHaveLength(2);
		const { rows } = await beat('a', { arrived: 1 });
		expect(JSON.parse(rows.a?.[4] ?? '')).toEqual({ third: 1 });
		expect(await members('test:placed:b')).toHaveLength(3);
	});

	it('marks the node as drained when it knows so and Redis does not; what an operator said since holds', async () => {
		await beat('a');
		expect(await hash('test:drains')).toEqual({});
		await beat('a', { draining: 1 });
		expect(await hash('test:drains')).toEqual({ a: '1' });
		await run(DRAIN, 'a', 0);
		expect((await beat('a', { draining: 1 })).rows.a?.[3]).toBe('0');
	});
});

describe('a lease', () => {
	const leases = (node: string, requests: readonly unknown[], gone: readonly string[] = [], ttl = LONG) =>
		run(LEASES, node, ttl, JSON.stringify(requests), JSON.stringify(gone)) as Promise<string[]>;
	const take = async (node: string, stream = 'yard', known = 0) => (await leases(node, [[stream, known, 1]]))[0] ?? '';

	it('is given to one, under a fence that is no less than the time, and lives', async () => {
		const before = await time();
		const fence = await take('a');
		expect(Number(fence)).toBeGreaterThanOrEqual(before);
		expect(Number(fence)).toBeLessThanOrEqual(await time());
		expect(await ask('GET', 'test:lease:yard')).toBe(`${fence}:a`);
		expect(await ask('HGET', 'test:fences', 'yard')).toBe(fence);
		expect(await life('test:lease:yard')).toBeGreaterThan(0);
		expect(await take('b')).toBe('0');
		expect(await ask('GET', 'test:lease:yard')).toBe(`${fence}:a`);
	});

	it('is renewed under its fence', async () => {
		await leases('a', [['yard', 0, 1]], [], 5_000);
		const [fence = ''] = ((await ask('GET', 'test:lease:yard')) as string).split(':');
		expect(await life('test:lease:yard')).toBeLessThanOrEqual(5_000);
		expect(await take('a', 'yard', Number(fence))).toBe(fence);
		expect(await life('test:lease:yard')).toBeGreaterThan(5_000);
	});

	it('is answered one by one, in order', async () => {
		const other = await take('b', 'gate');
		const [yard, gate, hall] = await leases('a', [
			['yard', 0, 1],
			['gate', 0, 1],
			['hall', 0, 1],
		]);
		expect([yard !== '0', gate, hall !== '0']).toEqual([true, '0', true]);
		expect(await ask('GET', 'test:lease:gate')).toBe(`${other}:b`);
	});

	it('is given away by who has it, under that fence only', async () => {
		const fence = Number(await take('a'));
		expect(await leases('b', [['yard', fence, 0]])).toEqual(['0']);
		expect(await leases('a', [['yard', fence - 1, 0]])).toEqual(['0']);
		expect(await has('test:lease:yard')).toBe(true);
		expect(await leases('a', [['yard', fence, 0]])).toEqual(['0']);
		expect(await has('test:lease:yard')).toBe(false);
	});

	it('that ran out goes on under its fence when nobody had it since, else under a higher one', async () => {
		const fence = Number(await take('a'));
		await ask('DEL', 'test:lease:yard');
		expect(await take('a', 'yard', fence)).toBe(String(fence));
		await ask('DEL', 'test:lease:yard');
		const second = Number(await take('b'));
		expect(second).toBeGreaterThan(fence);
		await ask('DEL', 'test:lease:yard');
		expect(Number(await take('a', 'yard', fence))).toBeGreaterThan(second);
	});

	it('has a higher fence for another process of the same node', async () => {
		const fence = Number(await take('a'));
		const second = Number(await take('a'));
		expect(second).toBeGreaterThan(fence);
		expect(await ask('GET', 'test:lease:yard')).toBe(`${second}:a`);
		expect(await take('a', 'yard', fence)).toBe('0');
		expect(await take('a', 'yard', second)).toBe(String(second));
	});

	it('has a fence above what Redis and the node know, though the clock moved back', async () => {
		const future = (await time()) + 3600_000;
		await ask('HSET', 'test:fences', 'yard', future);
		expect(await take('a')).toBe(String(future + 1));
		await ask('SET', 'test:lease:yard', `${future + 5}:b`);
		expect(await leases('a', [['yard', future + 9, 1]], ['b'])).toEqual([String(future + 10)]);
	});

	it('is taken over from a node whose process is gone, from no other', async () => {
		const fence = Number(await take('a'));
		expect(await leases('b', [['yard', 0, 1]], ['c'])).toEqual(['0']);
		const [taken] = await leases('b', [['yard', 0, 1]], ['c', 'a']);
		expect(Number(taken)).toBeGreaterThan(fence);
		expect(await ask('GET', 'test:lease:yard')).toBe(`${taken}:b`);
		expect(await life('test:lease:yard')).toBeGreaterThan(0);
	});

	it('is known by the whole name of the node', async () => {
		await take('a:b');
		expect(await take('b')).toBe('0');
		expect(Number(await take('a:b'))).toBeGreaterThan(0);
	});
});

describe('a place', () => {
	it('is kept at a live node that takes viewers, until its time is up', async () => {
		expect(await place('a')).toBe('gone');
		await beat('a');
		const before = await time();
		expect(await place('a', 'ann', 'room/5', 5_000)).toBe('placed');
		expect(await members('test:placed:a')).toEqual([`ann ${unique} room/5`]);
		const score = Number(await ask('ZSCORE', 'test:placed:a', `ann ${unique} room/5`));
		expect(score).toBeGreaterThanOrEqual(before);
		expect(score).toBeLessThanOrEqual(await time());
		expect(await life('test:placed:a')).toBeGreaterThan(0);
		expect(await life('test:placed:a')).toBeLessThanOrEqual(5_000);
		await run(DRAIN, 'a', 1);
		expect(await place('a')).toBe('draining');
		await run(DRAIN, 'a', 0);
		expect(await place('a')).toBe('placed');
	});

	it('is had as long as there are some, those of viewers and those kept being taken', async () => {
		await beat('a', { viewers: 3, capacity: 5 });
		expect([await place('a'), await place('a'), await place('a')]).toEqual(['placed', 'placed', 'full']);
		await beat('a', { viewers: 5, capacity: 5, arrived: 2 });
		expect(await place('a')).toBe('full');
	});

	it('is free again when who it was kept for did not come', async () => {
		await beat('a', { capacity: 1 });
		await ask('ZADD', 'test:placed:a', (await time()) - 1001, '- 0 yard');
		expect(await place('a', NO_HOLDER, 'yard', LONG)).toBe('full');
		expect(await place('a', NO_HOLDER, 'yard', 1000)).toBe('placed');
	});

	it('is free again when the clock of Redis moved back since it was kept', async () => {
		await beat('a', { capacity: 1 });
		const future = (await time()) + 3600_000;
		await ask('ZADD', 'test:placed:a', future, '- 0 gate');
		expect(await place('a')).toBe('placed');
		await ask('ZADD', 'test:placed:a', future, '- 1 gate');
		expect(JSON.parse((await beat('b')).rows.a?.[4] ?? '')).toEqual({ yard: 1 });
	});

	it('is kept for nobody who has as many as are left; others have theirs', async () => {
		await beat('a', { viewers: 2, capacity: 10 });
		const got = [];
		for (let asked = 0; asked < 6; asked++) got.push(await place('a', 'ann'));
		expect(got).toEqual(['placed', 'placed', 'placed', 'placed', 'enough', 'enough']);
		expect(await place('a', 'an')).toBe('placed');
		expect(await place('a', 'bob')).toBe('placed');
		expect([await place('a'), await place('a'), await place('a')]).toEqual(['placed', 'placed', 'full']);
	});
});

describe('a drain mark', () => {
	it('is put on a live node, taken off it, and seen to have been taken off', async () => {
		await beat('a');
		expect(await run(DRAIN, 'a', 1)).toBe(1);
		expect(await hash('test:drains')).toEqual({ a: '1' });
		expect(await run(DRAIN, 'a', 0)).toBe(1);
		expect(await hash('test:drains')).toEqual({ a: '0' });
	});

	it('stays for a node that is started anew, and goes with one that will not be', async () => {
		expect(await run(DRAIN, 'a', 1)).toBe(0);
		expect(await hash('test:drains')).toEqual({});
		await ask('HSET', 'test:drains', 'a', '0');
		expect(await run(DRAIN, 'a', 1)).toBe(1);
		expect(await hash('test:drains')).toEqual({ a: '1' });
		expect(await run(DRAIN, 'a', 0)).toBe(1);
		expect(await hash('test:drains')).toEqual({});
		expect(await run(DRAIN, 'a', 0)).toBe(0);
	});
});

describe('a node that is no more', () => {
	it('takes itself off the table with its places, by the process that wrote it last', async () => {
		await beat('a', { process: 'one' });
		await place('a');
		expect(await run(LEAVE, 'a', 'two')).toBe(0);
		expect([await has('test:node:a'), await has('test:placed:a')]).toEqual([true, true]);
		expect(await run(LEAVE, 'a', 'one')).toBe(1);
		expect([await has('test:node:a'), await has('test:placed:a')]).toEqual([false, false]);
		expect(await members('test:nodes')).toEqual([]);
		expect(await run(LEAVE, 'b', 'one')).toBe(0);
	});

	it('is taken off by others unless it was heard of since', async () => {
		await beat('a');
		await beat('b');
		const { seen = '' } = await hash('test:node:a');
		expect(await run(BURY, 'a', Number(seen) - 1)).toBe(0);
		expect(await has('test:node:a')).toBe(true);
		expect(await run(BURY, 'a', seen)).toBe(1);
		expect([await has('test:node:a'), await members('test:nodes')]).toEqual([false, ['b']]);
		expect(await run(BURY, 'a', seen)).toBe(0);
	});
});

describe('revocations', () => {
	const MOST = 3;
	const all = () => run(REVOCATIONS, MOST) as Promise<string[]>;

	it('are kept until they matter no more, and told to who adds none', async () => {
		const now = await time();
		expect(await run(REVOCATIONS, MOST, now + LONG, 'later', now + 2 * LONG, 'last')).toEqual([]);
		expect(await all()).toEqual(['later', 'last']);
		expect(await run(REVOCATIONS, MOST, now - 1, 'over')).toEqual([]);
		expect(await members('test:revocations')).toEqual(['later', 'last']);
		await ask('ZADD', 'test:revocations', now - 1, 'over');
		expect(await all()).toEqual(['later', 'last']);
	});

	it('are the ones that matter longest when there are too many', async () => {
		const now = await time();
		const added = ['a', 'b', 'c', 'd'].flatMap((text, index) => [now + LONG + index, text]);
		await run(REVOCATIONS, MOST, ...added);
		expect(await members('test:revocations')).toEqual(['b', 'c', 'd']);
	});

	it('matter as long as the latest one says', async () => {
		const now = await time();
		await run(REVOCATIONS, MOST, now + LONG, 'a', now + LONG + 1, 'b');
		await run(REVOCATIONS, MOST, now + LONG + 2, 'a');
		expect(await all()).toEqual(['b', 'a']);
	});
});
