import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { ClusterScene, type TestLoad, until } from '../fakes/cluster-scene.ts';
import { TestRedis } from '../fakes/redis-server.ts';

let redis: TestRedis;
let scene: ClusterScene;

beforeAll(async () => {
	redis = await TestRedis.start();
});
afterAll(() => redis.stop());
beforeEach(() => {
	scene = new ClusterScene(redis.url);
});
afterEach(() => scene.close());

const SUBS = ['sub-1', 'sub-2', 'sub-3'];

/** Asks for so many places at once, at the mains in turn. */
async function burst(mains: readonly Cluster[], viewers: number): Promise<Map<string, number>> {
	const requests = Array.from({ length: viewers }, (_, i) => mains[i % mains.length]?.place('lesson'));
	const counts = new Map<string, number>();
	for (const node of await Promise.all(requests)) {
		const id = node?.id ?? 'nowhere';
		counts.set(id, (counts.get(id) ?? 0) + 1);
	}
	return counts;
}

async function classroom(mains: readonly string[], capacity = 150) {
	const nodes = mains.map((id) => scene.main(id, ['lesson']).member);
	const subs = new Map<string, { member: Cluster; load: TestLoad }>();
	for (const id of SUBS) subs.set(id, scene.sub(id, capacity));
	const count = mains.length + SUBS.length;
	await until(nodes, 'the subs', () => nodes.every((main) => main.nodes().length === count));
	return { mains: nodes, subs };
}

const reserved = (main: Cluster) => main.nodes().reduce((sum, node) => sum + node.reserved, 0);

describe('450 token requests at once', () => {
	it('fill three subs of 150 to the last place, and the next one gets none', async () => {
		const { mains } = await classroom(['main-1']);
		expect(await burst(mains, 450)).toEqual(new Map(SUBS.map((id) => [id, 150])));
		expect(await burst(mains, 1)).toEqual(new Map([['nowhere', 1]]));
	});

	it('are spread within a quarter of even when two mains share them, and no sub gets too many', async () => {
		const { mains } = await classroom(['main-1', 'main-2'], 200);
		const counts = await burst(mains, 450);
		expect([...counts.keys()].sort()).toEqual(SUBS);
		for (const count of counts.values()) expect(Math.abs(count - 150)).toBeLessThanOrEqual(37);
	});

	it('overfill no sub when two mains give out the last places', async () => {
		const { mains } = await classroom(['main-1', 'main-2'], 100);
		const counts = await burst(mains, 320);
		expect(counts.get('nowhere')).toBe(20);
		for (const id of SUBS) expect(counts.get(id)).toBe(100);
	});
});

describe('a place', () => {
	it('is kept until the viewer is there, and counts once', async () => {
		const { mains, subs } = await classroom(['main-1']);
		const [main] = mains;
		if (!main) return;
		const counts = await burst(mains, 90);
		await until(main, 'the reservations', () => reserved(main) === 90);
		for (const [id, { load }] of subs) load.viewers.set('lesson', counts.get(id) ?? 0);
		await until(main, 'everybody there', () =>
			main.nodes().every(({ id, viewers }) => viewers === (counts.get(id) ?? 0)),
		);
		expect(reserved(main)).toBe(0);
	});

	it('is not at a node that is to be avoided', async () => {
		const { mains } = await classroom(['main-1']);
		const first = await mains[0]?.place('lesson');
		const second = await mains[0]?.place('lesson', { exclude: [first?.id ?? ''] });
		expect(second?.id).not.toBe(first?.id);
		expect(await mains[0]?.place('lesson', { exclude: SUBS })).toBeUndefined();
	});
});
