import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { CameraOwnership } from '../../../src/cluster/camera-ownership.ts';
import type { ClusterNode } from '../../../src/cluster/cluster.ts';
import { MAX_CLAIMS } from '../../../src/cluster/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const TTL = 3_000;

/** A main alone, and a Redis that gives it every lease it asks for. */
function scene(cameras: number) {
	const clock = new VirtualClock();
	const offers = Array.from({ length: cameras }, (_, index) => `cam${index}`);
	const asked: (readonly [string, number, number])[][] = [];
	let ends = 0;
	const ownership = new CameraOwnership({
		link: {
			run: async (_script, args) => {
				const requests = JSON.parse(String(args[3])) as [string, number, number][];
				asked.push(requests);
				return requests.map(([, known, keep]) => String(keep === 1 ? known || 7 : 0));
			},
		},
		...{ prefix: '', self: 'a', ttl: TTL, offers, load: { inUse: () => false }, clock, logger: silentLogger },
		onEnd: () => void ends++,
	});
	const table = [{ id: 'a', role: 'main', draining: false, cameras: [], offers }] as unknown as ClusterNode[];
	return { clock, ownership, asked, table, ended: () => ends };
}

describe('the cameras of a main', () => {
	it('are claimed some at a time: one question is no longer than Redis answers in a moment', async () => {
		const { ownership, asked, table } = scene(MAX_CLAIMS + 100);
		expect(await ownership.rebalance(table, [])).toBe(true);
		expect(asked.at(-1)).toHaveLength(MAX_CLAIMS);
		expect(await ownership.rebalance(table, [])).toBe(true);
		expect(asked.at(-1)?.filter(([, known]) => known === 0)).toHaveLength(100);
		expect(ownership.cameras()).toHaveLength(MAX_CLAIMS + 100);
		expect(await ownership.rebalance(table, [])).toBe(false);
	});

	it('end at their hour, and all are told, when nothing is heard of Redis', async () => {
		const { clock, ownership, table, ended } = scene(1);
		await ownership.rebalance(table, []);
		await clock.advance(TTL * 0.85);
		await ownership.renew();
		await clock.advance(TTL * 0.85);
		expect([ownership.fence('cam0'), ended()]).toEqual([7, 0]);
		await clock.advance(TTL * 0.1);
		expect([ownership.fence('cam0'), ended()]).toEqual([undefined, 1]);
	});

	it('are sure until Redis was away', async () => {
		const { ownership, table } = scene(1);
		await ownership.rebalance(table, []);
		expect(ownership.certain).toBe(true);
		ownership.keep();
		expect(ownership.certain).toBe(false);
		await ownership.renew();
		expect(ownership.certain).toBe(true);
	});
});
