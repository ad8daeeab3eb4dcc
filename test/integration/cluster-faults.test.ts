import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { ClusterNodeProcess } from '../fakes/cluster-node.ts';
import { ClusterScene, TIMES, until } from '../fakes/cluster-scene.ts';
import { TestRedis } from '../fakes/redis-server.ts';
import { SlowRoad } from '../fakes/slow-road.ts';
import { recordingLogger } from '../unit/api/api-fixture.ts';

let redis: TestRedis;
let scene: ClusterScene;
const processes: ClusterNodeProcess[] = [];

beforeEach(async () => {
	redis = await TestRedis.start();
	scene = new ClusterScene(redis.url);
});
afterEach(async () => {
	await Promise.all(processes.splice(0).map((node) => node.kill()));
	redis.resume();
	await scene.close();
	await redis.stop();
});

function process(id: string, options: { ttl?: number; listens?: boolean } = {}): ClusterNodeProcess {
	const node = new ClusterNodeProcess(redis.url, id, 'yard', options);
	processes.push(node);
	return node;
}

/** Everybody agrees on who owns the camera. */
function ownedBy(clusters: readonly Cluster[], id: string): Promise<void> {
	return until(clusters, `${id} owns the camera`, () =>
		clusters.every((cluster) => cluster.owner('yard')?.node.id === id),
	);
}

describe('a main that is killed', () => {
	it('is off the table, and its camera with another main, within the time a node lives', async () => {
		const victim = process('a');
		await victim.said(1);
		const { member: heir } = scene.main('b', ['yard']);
		const { member: sub } = scene.sub('sub-1');
		await ownedBy([heir, sub], 'a');
		const before = sub.owner('yard')?.fence ?? 0;
		await victim.kill();
		const start = performance.now();
		await ownedBy([heir, sub], 'b');
		expect(performance.now() - start).toBeLessThan(TIMES.ttl + 10 * TIMES.heartbeat);
		expect(sub.node('a')).toBeUndefined();
		expect(sub.owner('yard')?.fence).toBeGreaterThan(before);
		expect(heir.holds('yard')).toBe(sub.owner('yard')?.fence);
	});
});

describe('a main whose process ends', () => {
	it('is succeeded at once where its port refuses connections, long before its heartbeats are missed', async () => {
		const ttl = 20_000;
		const victim = process('a', { ttl, listens: true });
		await victim.said(1);
		const { member: heir } = scene.main('b', ['yard'], { ttl });
		const { member: sub } = scene.sub('sub-1', 150, { ttl });
		await ownedBy([heir, sub], 'a');
		await victim.said(2);
		const before = sub.owner('yard')?.fence ?? 0;
		const start = performance.now();
		await victim.kill();
		await ownedBy([heir, sub], 'b');
		await until(sub, 'the dead main off the table', () => sub.node('a') === undefined);
		expect(performance.now() - start).toBeLessThan(ttl);
		expect(sub.owner('yard')?.fence).toBeGreaterThan(before);
	});
});

describe('a main that is paused', () => {
	it('finds on waking up that it lost the camera, and nobody takes it for the owner any more', async () => {
		const paused = process('a');
		await paused.said(1);
		const { member: heir } = scene.main('b', ['yard']);
		const { member: sub } = scene.sub('sub-1');
		await ownedBy([heir, sub], 'a');
		paused.pause();
		await ownedBy([heir, sub], 'b');
		const fence = heir.holds('yard');
		paused.resume();
		await paused.said(2);
		expect(paused.lines[1]).toBe('lost');
		await until(sub, 'the paused main back', () => sub.node('a') !== undefined);
		expect(sub.node('a')?.cameras).toEqual([]);
		expect(sub.owner('yard')).toMatchObject({ node: { id: 'b' }, fence });
		expect(paused.lines).toHaveLength(2);
	});
});

describe('a camera that two mains want', () => {
	it('is never owned by both', async () => {
		const mains = ['a', 'b', 'c'].map((id) => scene.main(id, ['yard']).member);
		const owners: number[] = [];
		for (const main of mains) {
			main.onChange(() => owners.push(mains.filter((other) => other.holds('yard') !== undefined).length));
		}
		await until(mains, 'an owner that all know', () => mains.every((main) => main.owner('yard') !== undefined));
		const fences: number[] = [];
		for (let left = mains.length; left > 1; left--) {
			const owner = mains.find((main) => main.holds('yard') !== undefined);
			fences.push(owner?.holds('yard') ?? 0);
			mains.splice(mains.indexOf(owner as (typeof mains)[number]), 1);
			await owner?.close();
			await until(mains, 'the next owner', () => mains.some((main) => main.holds('yard') !== undefined));
		}
		expect(Math.max(...owners)).toBe(1);
		expect(fences).toEqual([...fences].sort((a, b) => a - b));
		expect(new Set(fences).size).toBe(fences.length);
	});

	it('moves by a drain even while it is watched, and only then', async () => {
		const { member: a, load } = scene.main('a', ['yard']);
		await ownedBy([a], 'a');
		load.used.add('yard');
		const { member: b } = scene.main('b', ['yard']);
		await until(b, 'the other main', () => b.node('a') !== undefined);
		await b.drain('a', true);
		await ownedBy([a, b], 'b');
	});
});

describe('Redis that goes away', () => {
	it.each([
		['is killed and started empty', () => redis.stop(), () => redis.start()],
		['hangs and goes on', async () => redis.pause(), async () => redis.resume()],
	])('and %s leaves owners, table and placement as they are', async (_, fail, recover) => {
		const { member: main } = scene.main('a', ['yard']);
		const { member: other } = scene.main('b', ['yard', 'gate']);
		const { member: sub, load } = scene.sub('sub-1');
		load.viewers.set('yard', 2);
		const all = [main, other, sub];
		await until(all, 'everything known', () =>
			['yard', 'gate'].every((stream) => {
				const fence = sub.owner(stream)?.fence;
				return (
					fence !== undefined && all.every((node) => node.nodes().length === 3 && node.owner(stream)?.fence === fence)
				);
			}),
		);
		const owners = ['yard', 'gate'].map((stream) => sub.owner(stream));
		const fewest = Math.min.bind(null);
		let nodes = 3;
		const moved: unknown[] = [];
		for (const node of all) {
			node.onChange(() => {
				nodes = fewest(nodes, node.nodes().length);
				for (const owner of owners) {
					const stream = owner === owners[0] ? 'yard' : 'gate';
					if (node.owner(stream)?.fence !== owner?.fence) moved.push([node.self, stream, node.owner(stream)]);
				}
			});
		}

		await fail();
		await until(all, 'everybody missing Redis', () => all.every((node) => !node.connected));
		// Longer than leases and nodes live in Redis; dashboards are told all the while, as what they show grows old.
		const end = Date.now() + 2 * TIMES.ttl;
		await until(sub, 'the end of the failure', () => Date.now() > end);
		const start = performance.now();
		expect((await main.place('yard'))?.id).toBe('sub-1');
		expect(performance.now() - start).toBeLessThan(TIMES.ttl);
		await expect(main.drain('sub-1', true)).rejects.toMatchObject({ code: 'cluster_unreachable' });

		await recover();
		await until(all, 'everybody back', () => all.every((node) => node.connected));
		await until(all, 'news of everybody', () => {
			const oldest = Math.min(...all.flatMap((node) => node.nodes().map(({ seenAt }) => seenAt)));
			return Date.now() - oldest < TIMES.ttl;
		});
		expect(nodes).toBe(3);
		expect(moved).toEqual([]);
		await main.drain('sub-1', true);
		expect(main.node('sub-1')?.draining).toBe(true);
	});

	it('before anybody met does not keep a node from joining later', async () => {
		await redis.stop();
		const { member: sub } = scene.sub('sub-1');
		expect(sub.joined).toBe(false);
		expect(await sub.place('yard')).toBeUndefined();
		await redis.start();
		await until(sub, 'the own record', () => sub.node('sub-1') !== undefined);
		expect(sub.connected).toBe(true);
	});
});

describe('Redis that answers late', () => {
	it('costs no main its camera, and no node its place at the table', async () => {
		const road = await SlowRoad.to(redis.port);
		const far = new ClusterScene(`redis://127.0.0.1:${road.port}`);
		onTestFinished(async () => {
			road.delay = 0;
			await far.close();
			road.close();
		});
		// A little less than the time after which it counts as away.
		const times = { heartbeat: 800, ttl: TIMES.ttl };
		const { member: main, load } = far.main('a', ['yard'], times);
		await ownedBy([main], 'a');
		load.used.add('yard');
		const { member: other } = far.main('b', ['yard', 'gate'], times);
		const { member: sub } = far.sub('sub-1', 150, times);
		const all = [main, other, sub];
		await until(all, 'everybody', () =>
			all.every((node) => node.nodes().length === 3 && node.owner('gate') !== undefined),
		);
		const seen = new Set<string>();
		const look = () => seen.add(JSON.stringify([main.holds('yard'), other.holds('gate'), sub.nodes().length]));
		look();
		const before = [...seen];
		for (const node of all) node.onChange(look);
		road.delay = 900;
		const end = Date.now() + 4 * TIMES.ttl;
		await until(all, 'the end of it', () => Date.now() > end);
		expect([...seen]).toEqual(before);
		expect(before[0]).not.toContain('null');
	});
});

describe('a Redis that refuses to write', () => {
	it('is tried again more and more rarely, and told of once, in its own words', async () => {
		const lines: Parameters<typeof recordingLogger>[0] = [];
		const { member: main } = scene.main('a', ['yard'], { logger: recordingLogger(lines) });
		await ownedBy([main], 'a');
		const client = createClient({ url: redis.url, socket: { reconnectStrategy: false } }).on('error', () => {});
		await client.connect();
		const connections = async () =>
			Number(/total_connections_received:(\d+)/.exec(String(await client.sendCommand(['INFO', 'stats'])))?.[1]);
		lines.length = 0;
		const before = await connections();
		const start = performance.now();
		await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
		await vi.waitFor(async () => expect(await connections()).toBeGreaterThan(before + 7), { timeout: 20_000 });
		expect(performance.now() - start).toBeGreaterThan(2_000);
		expect(lines).toEqual([{ facts: { reason: expect.stringMatching(/^OOM /) }, message: expect.any(String) }]);
		expect([main.connected, main.holds('yard')]).toEqual([false, main.owner('yard')?.fence]);
		await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']);
		client.destroy();
		await until(main, 'Redis again', () => main.connected);
		await vi.waitFor(() => expect(lines.map(({ message }) => message)).toContain('Redis is there'));
	});
});
