import { expect, it } from 'vitest';
import { clusterPort } from '../../../src/compose/cluster.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { FakeCluster } from './life/fake-cluster.ts';

const TTL = 3000;
const REDIS_TIME = Date.UTC(2026, 0, 1);

it.each([-20_000, 0, 20_000])(
	'nodes are silent once they were not heard of for long, by a clock that is %i ms off',
	async (off) => {
		const clock = new VirtualClock(REDIS_TIME + off);
		const cluster = new FakeCluster('sub1', 'sub');
		const port = clusterPort(cluster, { node_ttl: TTL }, clock);
		const states = () => port.info().nodes.map(({ id, state }) => `${id} ${state}`);
		await clock.advance(60_000);
		cluster.set({ id: 'sub2', seenAt: REDIS_TIME + 59_000 });
		cluster.set({ id: 'sub1', seenAt: REDIS_TIME + 60_000 });
		await clock.advance(500);
		cluster.connected = false;
		cluster.tell();
		expect(states()).toEqual(['sub1 live', 'sub2 live']);
		await clock.advance(2000);
		expect(states()).toEqual(['sub1 live', 'sub2 silent']);
		await clock.advance(1000);
		expect(states()).toEqual(['sub1 silent', 'sub2 silent']);
		cluster.connected = true;
		expect(states()).toEqual(['sub1 live', 'sub2 live']);
	},
);
