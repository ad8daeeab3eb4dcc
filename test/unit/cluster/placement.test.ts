import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, choosePlace } from '../../../src/cluster/placement.ts';

type Sub = { id: string; capacity: number; load: number; audiences: Map<string, number> };

function subs(...capacities: number[]): Sub[] {
	return capacities.map((capacity, index) => ({ id: `sub-${index + 1}`, capacity, load: 0, audiences: new Map() }));
}

function candidates(nodes: readonly Sub[], stream: string): Candidate[] {
	return nodes.map(({ id, capacity, load, audiences }) => ({
		id,
		capacity,
		load,
		audience: audiences.get(stream) ?? 0,
	}));
}

/** Sends one more viewer. */
function send(nodes: readonly Sub[], stream: string): Sub | undefined {
	const id = choosePlace(stream, candidates(nodes, stream));
	const chosen = nodes.find((node) => node.id === id);
	if (!chosen) return undefined;
	chosen.load++;
	chosen.audiences.set(stream, (chosen.audiences.get(stream) ?? 0) + 1);
	return chosen;
}

function sendMany(nodes: readonly Sub[], stream: string, viewers: number): void {
	for (let i = 0; i < viewers; i++) send(nodes, stream);
}

const loads = (nodes: readonly Sub[]) => nodes.map(({ load }) => load);
const streamName = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const cluster = fc.array(
	fc.record({ capacity: fc.integer({ min: 1, max: 300 }), full: fc.double({ min: 0, max: 1, noNaN: true }) }),
	{
		minLength: 1,
		maxLength: 12,
	},
);

describe('placement', () => {
	it('fills three subs of 150 with 450 viewers of one stream, to the last place', () => {
		const nodes = subs(150, 150, 150);
		sendMany(nodes, 'lesson', 450);
		expect(loads(nodes)).toEqual([150, 150, 150]);
		expect(send(nodes, 'lesson')).toBeUndefined();
	});

	it('spreads a large audience within a quarter of even while places are left', () => {
		fc.assert(
			fc.property(
				streamName,
				fc.integer({ min: 2, max: 8 }),
				fc.integer({ min: 100, max: 500 }),
				fc.double({ min: 0.35, max: 1, noNaN: true }),
				(stream, count, capacity, share) => {
					const nodes = subs(...Array<number>(count).fill(capacity));
					sendMany(nodes, stream, Math.floor(count * capacity * share));
					const even = Math.floor(count * capacity * share) / count;
					for (const load of loads(nodes)) expect(Math.abs(load - even)).toBeLessThanOrEqual(even / 4);
				},
			),
			{ numRuns: 30 },
		);
	});

	it('keeps a small audience on one node, which pulls the stream once', () => {
		fc.assert(
			fc.property(streamName, fc.integer({ min: 2, max: 10 }), (stream, count) => {
				const nodes = subs(...Array<number>(count).fill(150));
				sendMany(nodes, stream, 37);
				expect(loads(nodes).filter((load) => load > 0)).toEqual([37]);
			}),
		);
	});

	it('finds a place as long as there is one, and never on a full node', () => {
		fc.assert(
			fc.property(streamName, cluster, (stream, shape) => {
				const nodes = shape.map(({ capacity, full }, index) => ({
					id: `sub-${index}`,
					capacity,
					load: Math.round(capacity * full),
					audience: 0,
				}));
				const open = nodes.filter(({ load, capacity }) => load < capacity).map(({ id }) => id);
				const chosen = choosePlace(stream, nodes);
				if (open.length === 0) expect(chosen).toBeUndefined();
				else expect(open).toContain(chosen);
			}),
		);
	});

	it('fills nodes of different size by their size, whatever is watched', () => {
		fc.assert(
			fc.property(fc.array(streamName, { minLength: 20, maxLength: 40 }), (streams) => {
				const nodes = subs(100, 200, 300);
				for (let i = 0; i < 480; i++) send(nodes, streams[i % streams.length] ?? '');
				for (const { load, capacity } of nodes) expect(load / capacity).toBeLessThanOrEqual((480 / 600) * 1.25 + 0.01);
			}),
			{ numRuns: 30 },
		);
	});

	const many = Array.from({ length: 2_000 }, (_, i) => `camera/${i}`);
	const homes = (nodes: readonly Sub[]) =>
		new Map(many.map((stream) => [stream, choosePlace(stream, candidates(nodes, stream))]));

	it.each([2, 3, 7])('moves to a node that joins %i others its share of the streams, and nothing else', (count) => {
		const before = homes(subs(...Array<number>(count).fill(150)));
		const after = homes(subs(...Array<number>(count + 1).fill(150)));
		const moved = many.filter((stream) => before.get(stream) !== after.get(stream));
		expect(new Set(moved.map((stream) => after.get(stream)))).toEqual(new Set([`sub-${count + 1}`]));
		const share = many.length / (count + 1);
		expect(moved.length).toBeGreaterThan(share * 0.85);
		expect(moved.length).toBeLessThan(share * 1.15);
	});

	it('moves from a node that leaves its own streams, spread over all that stay', () => {
		const nodes = subs(150, 150, 150, 150);
		const before = homes(nodes);
		const after = homes(nodes.slice(0, 3));
		const moved = many.filter((stream) => before.get(stream) !== after.get(stream));
		expect(new Set(moved.map((stream) => before.get(stream)))).toEqual(new Set(['sub-4']));
		expect(new Set(moved.map((stream) => after.get(stream)))).toEqual(new Set(['sub-1', 'sub-2', 'sub-3']));
	});
});
