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
async function burst(
	mains: readonly Cluster[],
	viewers: number,
	wish?: Parameters<Cluster['place']>[1],
): Promise<Map<string, number>> {
	const requests = Array.from({ length: viewers }, (_, i) => mains[i % mains.length]?.place('lesson', wish));
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

describe('one who asks again and again', () => {
	const oneClient = { holder: 'one client' };

	it('is never refused, is spread evenly, and leaves half of what is free to others', async () => {
		const { mains } = await classroom(['main-1']);
		const [main] = mains;
		if (!main) return;
		for (const count of (await burst(mains, 450, oneClient)).values()) expect(Math.abs(count - 150)).toBeLessThan(10);
		await until(main, 'the reservations', () => reserved(main) > 0);
		expect(main.nodes().map((node) => node.reserved)).toEqual([0, 75, 75, 75]);
		expect(await burst(mains, 225)).toEqual(new Map(SUBS.map((id) => [id, 75])));
	});

	it('has at most half of what viewers left free, of which the last place, too', async () => {
		const { mains, subs } = await classroom(['main-1'], 10);
		const [main] = mains;
		if (!main) return;
		for (const { load } of subs.values()) load.viewers.set('lesson', 6);
		await until(main, 'the viewers', () => main.nodes().every(({ role, viewers }) => role === 'main' || viewers === 6));
		expect((await burst(mains, 20, oneClient)).get('nowhere')).toBeUndefined();
		await until(main, 'the reservations', () => reserved(main) === 6);
		for (const { load } of subs.values()) load.viewers.set('lesson', 9);
		await until(main, 'no reservation', () => reserved(main) === 0);
		await burst(mains, 3, oneClient);
		await until(main, 'the last places', () => reserved(main) === 3);
	});

	it('takes nothing from others who ask as often', async () => {
		const { mains } = await classroom(['main-1', 'main-2']);
		const [main] = mains;
		if (!main) return;
		await burst(mains, 300, oneClient);
		await burst(mains, 300, { holder: 'another one' });
		await until(main, 'the reservations of both', () => reserved(main) > 225);
		expect((await burst(mains, 30)).get('nowhere')).toBeUndefined();
	});
});

describe('a place', () => {
	it('is chosen by the stream of those who are on their way, too', async () => {
		const { mains, subs } = await classroom(['main-1']);
		const [main] = mains;
		if (!main) return;
		const [[first, many] = [], [second, few] = []] = [...(await burst(mains, 60))];
		expect(many).toBeGreaterThan(Number(few) + 8);
		// Who did not know them would take the first one, which is not too full any more.
		const third = SUBS.find((id) => id !== first && id !== second) ?? '';
		subs.get(third)?.load.viewers.set('other', 140);
		await until(main, 'everybody', () => reserved(main) === 60 && main.node(third)?.viewers === 140);
		expect(await burst(mains, 8)).toEqual(new Map([[second, 8]]));
	});

	it('is not kept for a question', async () => {
		const { mains } = await classroom(['main-1']);
		const [main] = mains;
		if (!main) return;
		const asked = await burst(mains, 500, { reserve: false });
		expect([...asked.keys()].filter((id) => !SUBS.includes(id))).toEqual([]);
		await main.place('lesson');
		await until(main, 'the one reservation', () => reserved(main) > 0);
		expect(reserved(main)).toBe(1);
	});

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
