import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../src/cluster/cluster.ts';
import { planOwnership } from '../../../src/cluster/ownership.ts';

const CAMERAS = Array.from({ length: 60 }, (_, i) => `camera-${i}`);

function main(id: string, changes: Partial<ClusterNode> = {}): ClusterNode {
	return {
		...{ id, role: 'main', http: `http://${id}`, rtsp: undefined, capacity: 1, viewers: 0, reserved: 0 },
		...{ bitrate: 0, cpu: 0, eventLoopDelay: 0, draining: false, version: '1', streams: [], cameras: [] },
		...{ offers: CAMERAS, seenAt: 0 },
		...changes,
	};
}

function plan(self: string, nodes: readonly ClusterNode[], used: readonly string[] = []) {
	const cameras = nodes.find(({ id }) => id === self)?.cameras ?? [];
	const owned = new Set(cameras.map(({ id }) => id));
	return planOwnership({ self, offers: CAMERAS, owned, nodes, inUse: (stream) => used.includes(stream) });
}

const all = CAMERAS.map((id) => ({ id, fence: 1 }));

describe('ownership', () => {
	it('gives each camera to one of the mains that have it, in fair shares', () => {
		const nodes = [main('a'), main('b'), main('c')];
		const claims = nodes.map(({ id }) => plan(id, nodes).claim);
		expect(claims.flat().sort()).toEqual([...CAMERAS].sort());
		for (const claim of claims) expect(claim.length).toBeGreaterThan(10);
	});

	it('leaves a camera to the one that owns it until that one gives it away', () => {
		const nodes = [main('a', { cameras: all }), main('b')];
		expect(plan('b', nodes).claim).toEqual([]);
		expect(plan('a', nodes, CAMERAS).release).toEqual([]);
		const { release } = plan('a', nodes);
		expect(release.length).toBeGreaterThan(15);
		const kept = all.filter(({ id }) => !release.includes(id));
		expect(plan('b', [main('a', { cameras: kept }), main('b')]).claim).toEqual(release);
	});

	it('takes what a main had that is gone, and nothing of the others', () => {
		const own = all.filter((_, i) => i % 2 === 0);
		expect(plan('a', [main('a', { cameras: own })]).claim.length).toBe(30);
	});

	it('empties a draining main, even of cameras that are watched', () => {
		const nodes = [main('a', { cameras: all, draining: true }), main('b')];
		expect(plan('a', nodes, CAMERAS).release).toEqual(CAMERAS);
		expect(plan('b', nodes).claim).toEqual([]);
	});

	it('has a draining main serve on when it is the only one', () => {
		const nodes = [main('a', { cameras: all, draining: true }), main('s', { role: 'sub', offers: [] })];
		expect(plan('a', nodes)).toEqual({ claim: [], release: [] });
	});

	it('knows which main has which camera in its configuration', () => {
		const nodes = [main('a'), main('b', { offers: [] })];
		expect(plan('a', nodes).claim).toEqual(CAMERAS);
	});
});
