import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { Scope } from '../../../../src/base/scope.ts';
import { shareStreams } from '../../../../src/cluster/life/shared-streams.ts';
import { type GuideEvent, ViewerGuide } from '../../../../src/cluster/life/viewer-guide.ts';
import { ViewerPlaces } from '../../../../src/cluster/life/viewer-places.ts';
import { type LifeParts, startClusterLife } from '../../../../src/compose/cluster-life.ts';
import { parseConfig } from '../../../../src/config/parse.ts';
import { StreamRegistry } from '../../../../src/stream/registry.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';
import { FakeCluster } from './fake-cluster.ts';

let clock: VirtualClock;
beforeEach(() => {
	clock = new VirtualClock();
});

describe('the streams of a sub', () => {
	function share() {
		const cluster = new FakeCluster('sub1', 'sub');
		cluster.offered = [];
		const streams: string[] = [];
		const shelf = {
			add: (id: string) => void streams.push(id),
			remove: (id: string) => void streams.splice(streams.indexOf(id), 1),
		};
		const end = shareStreams({ cluster, shelf, clock, logger: silentLogger });
		const offer = (...ids: string[]) => {
			cluster.offered = ids;
			cluster.tell();
		};
		return { cluster, streams, offer, end };
	}

	it('appear when a main offers them', () => {
		const { cluster, streams, offer, end } = share();
		cluster.set({ id: 'main1', role: 'main' });
		offer('a', 'b');
		offer('a', 'b', 'c');
		expect(streams).toEqual(['a', 'b', 'c']);
		end();
		offer('d');
		expect(streams).toEqual(['a', 'b', 'c']);
	});

	it('stay while a main is started anew, and go when nobody offers them for long', async () => {
		const { cluster, streams, offer } = share();
		cluster.set({ id: 'main1', role: 'main' });
		offer('a', 'b');
		offer('b');
		await clock.advance(29_000);
		offer('a', 'b');
		offer('b');
		await clock.advance(29_000);
		cluster.tell();
		expect(streams).toEqual(['a', 'b']);
		await clock.advance(1000);
		cluster.tell();
		expect(streams).toEqual(['b']);
		offer('a', 'b');
		expect(streams).toEqual(['b', 'a']);
	});

	it('stay when every main is gone', async () => {
		const { cluster, streams, offer } = share();
		cluster.set({ id: 'main1', role: 'main' });
		offer('a');
		cluster.gone('main1');
		offer();
		await clock.advance(3_600_000);
		cluster.tell();
		expect(streams).toEqual(['a']);
	});
});

describe('the place of a viewer', () => {
	function main(serveFromMain = false) {
		const cluster = new FakeCluster('main1', 'main');
		return { cluster, places: placesOf(cluster, serveFromMain) };
	}

	function placesOf(cluster: FakeCluster, serveFromMain = false): ViewerPlaces {
		return new ViewerPlaces({ cluster, isOffered: (stream) => cluster.offered.includes(stream), serveFromMain });
	}

	it('is a sub, never the main', async () => {
		const { cluster, places } = main();
		cluster.set({ id: 'sub1' });
		expect(places.elsewhere).toBe(true);
		expect((await places.find('cam'))?.id).toBe('sub1');
	});

	it('is the node of its token while that takes viewers', async () => {
		const { cluster, places } = main();
		cluster.set({ id: 'sub1' });
		cluster.set({ id: 'sub2' });
		const find = async (avoid: string[] = []) => (await places.find('cam', { node: 'sub2', avoid }))?.id;
		expect(await find()).toBe('sub2');
		expect(cluster.placed).toEqual([]);
		expect(await find(['sub2'])).toBe('sub1');
		cluster.set({ id: 'sub2', draining: true });
		expect(await find()).toBe('sub1');
		cluster.gone('sub2');
		expect(await find()).toBe('sub1');
		expect(cluster.placed).toEqual([['sub2'], [], []]);
	});

	it('is kept for whom it is said to be for, or for nobody', async () => {
		const { cluster, places } = main();
		cluster.set({ id: 'sub1' });
		await places.find('cam', { avoid: ['sub2'], holder: 'ann', reserve: false });
		await places.find('cam');
		expect(cluster.wishes).toEqual([{ exclude: ['sub2'], holder: 'ann', reserve: false }, { exclude: [] }]);
	});

	it('is none without a sub, or the main itself where that is wanted', async () => {
		await expect(main().places.find('cam')).rejects.toMatchObject({ code: 'no_node' });
		const { cluster, places } = main(true);
		await expect(places.find('cam')).rejects.toMatchObject({ code: 'no_node' });
		cluster.own('cam', 'main1', 1);
		expect(await places.find('cam')).toBeUndefined();
		cluster.own('cam', 'main2', 2);
		expect((await places.find('cam'))?.id).toBe('main2');
	});

	it('is no other main that is to be avoided', async () => {
		const { cluster, places } = main(true);
		cluster.own('cam', 'main2', 1);
		await expect(places.find('cam', { avoid: ['main2'] })).rejects.toMatchObject({ code: 'no_node' });
		cluster.own('cam', 'main1', 2);
		expect(await places.find('cam', { avoid: ['main1'] })).toBeUndefined();
	});

	it('is none for a stream that nobody offers', async () => {
		await expect(main().places.find('other')).rejects.toMatchObject({ code: 'stream_not_found' });
	});

	it.each(['main', 'sub'] as const)(
		'is not known yet, whatever the stream, at a %s that knows no cluster yet',
		async (role) => {
			const cluster = new FakeCluster('new', role);
			const places = placesOf(cluster);
			cluster.joined = false;
			cluster.offered = [];
			expect(places.elsewhere).toBe(true);
			await expect(places.find('cam')).rejects.toMatchObject({ code: 'cluster_unreachable' });
		},
	);

	it('is a main for those who come to a draining sub', async () => {
		const cluster = new FakeCluster('sub1', 'sub');
		const places = placesOf(cluster);
		expect(places.elsewhere).toBe(false);
		expect(await places.find('cam')).toBeUndefined();
		cluster.set({ id: 'sub1', draining: true });
		expect(places.elsewhere).toBe(true);
		expect(await places.find('cam')).toBeUndefined();
		cluster.set({ id: 'main1', role: 'main', draining: true });
		cluster.set({ id: 'main2', role: 'main' });
		expect((await places.find('cam'))?.id).toBe('main2');
	});
});

it('the place of a viewer is one of a stream whose main is being started anew', async () => {
	const scope = new Scope();
	const secret = 'x'.repeat(32);
	const config = parseConfig(JSON.stringify({ auth: { secret }, cluster: { role: 'main', secret } }), 'c.yaml', {});
	const cluster = new FakeCluster('main1', 'main');
	cluster.set({ id: 'sub1' });
	const unused = { registry: new StreamRegistry(), hls: undefined, auth: {}, proxies: undefined, streamSettings: {} };
	const parts = { ...unused, config, cluster, version: '1', clock, logger: silentLogger, scope };
	const life = await startClusterLife(parts as unknown as LifeParts);
	const place = async () => (await life.place('cam')).name;
	expect(await place()).toBe('sub1');
	cluster.offered = [];
	cluster.tell();
	await clock.advance(29_000);
	cluster.tell();
	expect(await place()).toBe('sub1');
	await clock.advance(1000);
	cluster.tell();
	expect(await place()).toBeUndefined();
	await scope.close();
});

describe('the guide of viewers', () => {
	function start(viewers: number) {
		const cluster = new FakeCluster('sub1', 'sub');
		cluster.set({ id: 'main1', role: 'main' });
		const guide = new ViewerGuide({ cluster, clock });
		const heard: GuideEvent[][] = Array.from({ length: viewers }, () => []);
		const leave = heard.map((events) => guide.join((event) => events.push(event)));
		const moved = () => heard.filter((events) => events.some(({ type }) => type === 'move')).length;
		return { cluster, guide, heard, leave, moved };
	}

	it('says which node this is and which mains to ask, again when they change', () => {
		const { cluster, heard } = start(1);
		cluster.set({ id: 'sub1', viewers: 9 });
		cluster.set({ id: 'main2', role: 'main' });
		expect(heard[0]).toEqual([
			{ type: 'place', data: { node: 'sub1', mains: ['http://main1:8107'] } },
			{ type: 'place', data: { node: 'sub1', mains: ['http://main1:8107', 'http://main2:8107'] } },
		]);
	});

	it('asks the viewers of a draining node to move, one after the other', async () => {
		const { cluster, moved } = start(100);
		await cluster.drain('sub1', true);
		await clock.advance(0);
		expect(moved()).toBe(1);
		await clock.advance(1000);
		expect(moved()).toBe(41);
		await clock.advance(2000);
		expect(moved()).toBe(100);
	});

	it('asks a thousand within five seconds', async () => {
		const { cluster, moved } = start(1000);
		await cluster.drain('sub1', true);
		await clock.advance(5000);
		expect(moved()).toBe(1000);
	});

	it('asks nobody any more when the node is to stay', async () => {
		const { cluster, moved } = start(100);
		await cluster.drain('sub1', true);
		await clock.advance(500);
		await cluster.drain('sub1', false);
		const before = moved();
		await clock.advance(60_000);
		expect(moved()).toBe(before);
	});

	it('asks who comes to a draining node at once', async () => {
		const { cluster, guide } = start(0);
		await cluster.drain('sub1', true);
		const events: string[] = [];
		guide.join(({ type }) => events.push(type));
		await clock.advance(0);
		expect(events).toEqual(['place', 'move']);
	});

	it('is empty when all have gone, and does not wait for ever', async () => {
		const { guide, leave } = start(2);
		let done = false;
		const empty = guide.empty(6000).then(() => {
			done = true;
		});
		await clock.advance(1000);
		leave[0]?.();
		await clock.advance(1000);
		expect(done).toBe(false);
		leave[1]?.();
		await empty;
		const stubborn = start(1);
		const late = stubborn.guide.empty(6000);
		await clock.advance(6000);
		await late;
		expect(stubborn.moved()).toBe(1);
	});

	it('has nothing to wait for without viewers', async () => {
		await start(0).guide.empty(6000);
	});
});
