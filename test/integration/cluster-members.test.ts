import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { MAX_OFFERS } from '../../src/cluster/limits.ts';
import { ClusterScene, until } from '../fakes/cluster-scene.ts';
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

describe('nodes', () => {
	it('know each other, with load and streams', async () => {
		const { member: main } = scene.main('main-1', ['yard']);
		const { member: sub, load } = scene.sub('sub-1');
		load.viewers.set('yard', 3);
		await until([main, sub], 'both tables with the viewers', () =>
			[main, sub].every((node) => node.nodes().length === 2 && node.node('sub-1')?.viewers === 3),
		);
		expect(main.node('sub-1')).toEqual({
			id: 'sub-1',
			role: 'sub',
			http: 'http://sub-1.test:8107',
			rtsp: undefined,
			capacity: 150,
			viewers: 3,
			reserved: 0,
			bitrate: 6_000_000,
			cpu: 0.25,
			eventLoopDelay: 1.5,
			draining: false,
			version: '1.2.3',
			streams: [{ id: 'yard', viewers: 3 }],
			cameras: [],
			offers: [],
			seenAt: expect.any(Number),
		});
		expect(sub.streams()).toEqual(['yard']);
		await until(sub, 'an owner of the camera', () => sub.owner('yard') !== undefined);
		expect(sub.owner('yard')).toMatchObject({ node: { id: 'main-1' }, fence: main.holds('yard') });
	});

	it('offer so many streams and no more, and are known with them', async () => {
		const offers = Array.from({ length: MAX_OFFERS + 1 }, (_, index) => `cam${index}`);
		const { member: main } = scene.main('main-1', offers);
		const { member: sub } = scene.sub('sub-1');
		await until(sub, 'the main', () => sub.node('main-1') !== undefined);
		expect(sub.streams()).toHaveLength(MAX_OFFERS);
		expect(main.node('main-1')?.offers).toHaveLength(MAX_OFFERS);
	});

	it('are gone from every table at once when they leave', async () => {
		const { member: main } = scene.main('main-1', []);
		const { member: sub } = scene.sub('sub-1');
		await until(main, 'the sub', () => main.node('sub-1') !== undefined);
		const left = until(main, 'the sub gone', () => main.node('sub-1') === undefined);
		const start = performance.now();
		await sub.close();
		await left;
		expect(performance.now() - start).toBeLessThan(1_000);
	});

	it('drain and take viewers again, whoever says so', async () => {
		const { member: main } = scene.main('main-1', []);
		const { member: sub } = scene.sub('sub-1');
		await until(main, 'the sub', () => main.node('sub-1') !== undefined);
		await main.drain('sub-1', true);
		expect(main.node('sub-1')?.draining).toBe(true);
		await until(sub, 'the mark', () => sub.node('sub-1')?.draining === true);
		expect(await main.place('yard')).toBeUndefined();
		await sub.drain('sub-1', false);
		await until(main, 'no mark', () => main.node('sub-1')?.draining === false);
		expect((await main.place('yard'))?.id).toBe('sub-1');
		await expect(main.drain('nobody', true)).rejects.toMatchObject({ code: 'node_not_found' });
	});
});

describe('a node_id that two processes have', () => {
	it('is told of once in each of them', async () => {
		const told: string[] = [];
		const logger = (who: string): Logger => {
			const own: Logger = {
				...silentLogger,
				error: (_, message) => void told.push(`${who}: ${message}`),
				child: () => own,
			};
			return own;
		};
		const { member: first } = scene.sub('sub-1', 150, { logger: logger('first') });
		await until(first, 'the first', () => first.joined);
		const { member: second } = scene.sub('sub-1', 150, { logger: logger('second') });
		await until([first, second], 'both finding out', () => told.length === 2);
		const { member: witness } = scene.sub('sub-2');
		let beats = 0;
		witness.onChange(() => beats++);
		await until(witness, 'some more heartbeats', () => beats > 5);
		expect(told.sort()).toEqual([
			expect.stringMatching(/^first: .*the same cluster\.node_id/),
			expect.stringMatching(/^second: .*the same cluster\.node_id/),
		]);
	});

	it('is no reason to take the cameras from each other for ever: the one that came later has them until it ends', async () => {
		const fences: number[] = [];
		const own = (id: string) => {
			const { member } = scene.main(id, ['yard']);
			member.onChange(() => {
				const fence = member.holds('yard');
				if (fence !== undefined && !fences.includes(fence)) fences.push(fence);
			});
			return member;
		};
		const first = own('main-1');
		await until(first, 'the first', () => first.holds('yard') !== undefined);
		const second = own('main-1');
		await until([first, second], 'the second', () => first.holds('yard') === undefined && fences.length > 1);
		const { member: witness } = scene.sub('sub-1');
		let beats = 0;
		witness.onChange(() => beats++);
		await until(witness, 'some more heartbeats', () => beats > 15);
		expect(fences).toHaveLength(2);
		expect(second.holds('yard')).toBe(fences[1]);
		await second.close();
		await until(first, 'the first again', () => first.holds('yard') !== undefined);
	});
});
