import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../src/base/errors.ts';
import { MAX_UNSHARED_PLACES } from '../../../src/cluster/limits.ts';
import { TableReader } from '../../../src/cluster/node-record.ts';
import { NodeTable } from '../../../src/cluster/node-table.ts';
import { Placer, RESERVATION_MS } from '../../../src/cluster/placer.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

type Sub = { id: string; capacity?: number; viewers?: number; draining?: boolean; role?: string };

function row({ id, capacity = 10, viewers = 0, draining = false, role = 'sub' }: Sub): string[] {
	const load = { viewers, bitrate: 0, cpu: 0, eventLoopDelay: 0, streams: [{ id: 'yard', viewers }] };
	const inventory = { role, http: `http://${id}`, capacity, version: '1', cameras: [], offers: [] };
	return [id, JSON.stringify(load), JSON.stringify(inventory), '1000', draining ? '1' : '', '{}'];
}

/** A Redis that says what the test has it say; undefined is one that is away. */
function scene(subs: readonly Sub[], answer: (node: string) => string | undefined = () => 'placed') {
	const table = new NodeTable();
	const read = (rows: readonly Sub[]) => table.update(new TableReader().read(['', ...rows.flatMap(row)]).rows, false);
	read(subs);
	const clock = new VirtualClock();
	const asked: string[] = [];
	const words: string[] = [];
	const link = {
		up: answer('') !== undefined,
		run: async (_script: unknown, args: readonly (string | number)[]) => {
			const node = String(args[1]);
			asked.push(node);
			words.push(args.join(' '));
			const verdict = answer(node);
			if (verdict === undefined) throw new DualcastError('cluster_unreachable', 'away');
			return verdict;
		},
	};
	const gone: string[] = [];
	const placer = new Placer({ table, link, prefix: '', process: 'p', clock, gone: () => gone });
	const placeFor = async (wish: Parameters<Placer['place']>[1]) => (await placer.place('yard', wish))?.id;
	const place = (exclude: readonly string[] = []) => placeFor({ exclude });
	return { placer, place, placeFor, clock, asked, words, read, gone };
}

describe('placing viewers', () => {
	it('counts those placed since the table was read', async () => {
		const { place } = scene([{ id: 'a' }, { id: 'b' }]);
		const placed = await Promise.all(Array.from({ length: 21 }, () => place()));
		expect(placed.filter((id) => id === 'a')).toHaveLength(10);
		expect(placed.filter((id) => id === 'b')).toHaveLength(10);
		expect(placed.at(-1)).toBeUndefined();
	});

	it('counts each once when the table, read again, has them', async () => {
		const { place, placer, read } = scene([{ id: 'a' }]);
		await Promise.all(Array.from({ length: 6 }, () => place()));
		const told = placer.mark();
		await Promise.all(Array.from({ length: 2 }, () => place()));
		read([{ id: 'a', viewers: 6 }]);
		placer.settle(told);
		expect(await Promise.all([place(), place(), place()])).toEqual(['a', 'a', undefined]);
	});

	it('forgets who did not come', async () => {
		const { place, clock } = scene([{ id: 'a' }]);
		await Promise.all(Array.from({ length: 10 }, () => place()));
		expect(await place()).toBeUndefined();
		await clock.advance(RESERVATION_MS + 1);
		expect(await place()).toBe('a');
	});

	it.each(['full', 'gone', 'draining'])(
		'tries the next node when Redis knows that the first is %s',
		async (verdict) => {
			const first = await scene([{ id: 'a' }, { id: 'b' }]).place();
			const { place, asked } = scene([{ id: 'a' }, { id: 'b' }], (node) => (node === first ? verdict : 'placed'));
			expect(await place()).not.toBe(first);
			expect(asked[0]).toBe(first);
		},
	);

	it('asks Redis nothing, and counts nobody, where no viewer comes', async () => {
		const { place, placeFor, asked } = scene([{ id: 'a' }]);
		for (let question = 0; question < 20; question++) expect(await placeFor({ reserve: false })).toBe('a');
		expect(asked).toEqual([]);
		const viewers = await Promise.all(Array.from({ length: 11 }, () => place()));
		expect(viewers.filter((id) => id === 'a')).toHaveLength(10);
	});

	it('sends a holder with enough places to the nodes in turn, and counts it nowhere', async () => {
		const enough = scene([{ id: 'a' }, { id: 'b' }], () => 'enough');
		const placed = [];
		for (let viewer = 0; viewer < 40; viewer++) placed.push(await enough.placeFor({ holder: 'me' }));
		expect(placed.filter((id) => id === 'a')).toHaveLength(20);
		expect(placed.filter((id) => id === 'b')).toHaveLength(20);
	});

	it('does not let the requests of one, all at once, keep others out', async () => {
		const { place, placeFor } = scene([{ id: 'a' }]);
		await Promise.all(Array.from({ length: 20 }, () => placeFor({ holder: 'me' })));
		const others = await Promise.all(Array.from({ length: 6 }, () => place()));
		expect(others.filter((id) => id === 'a')).toHaveLength(5);
	});

	it('tries four nodes, not each of a large cluster', async () => {
		const many = Array.from({ length: 9 }, (_, index) => ({ id: `sub${index}` }));
		const { place, asked } = scene(many, () => 'full');
		expect(await place()).toBeUndefined();
		expect(new Set(asked).size).toBe(4);
		expect(asked).toHaveLength(4);
	});

	it('sends nobody to a node without places', async () => {
		expect(await scene([{ id: 'a', capacity: 0 }], () => undefined).place()).toBeUndefined();
	});

	it('remembers so many who were placed and no more, when the table is not read any more', async () => {
		const { place, placer } = scene([{ id: 'a', capacity: 10 * MAX_UNSHARED_PLACES }], () => undefined);
		for (let viewer = 0; viewer <= MAX_UNSHARED_PLACES; viewer++) await place();
		expect(placer.mark().size).toBe(MAX_UNSHARED_PLACES);
	}, 60_000);

	it('prefers a node that keeps the place', async () => {
		const first = await scene([{ id: 'a' }, { id: 'b' }]).place();
		const { placeFor } = scene([{ id: 'a' }, { id: 'b' }], (node) => (node === first ? 'enough' : 'placed'));
		expect(await placeFor({ holder: 'me' })).not.toBe(first);
	});

	it('does not tell Redis who the holder is', async () => {
		const { placeFor, words } = scene([{ id: 'a' }]);
		for (const holder of ['CANARY one', 'CANARY one', 'CANARY two']) await placeFor({ holder });
		await placeFor({});
		expect(words.join()).not.toContain('CANARY');
		const holders = words.map((line) => line.split(' ')[2]);
		expect(new Set(holders).size).toBe(3);
		expect(holders[0]).toBe(holders[1]);
	});

	it('passes over mains, draining nodes and those to be avoided', async () => {
		const { place } = scene([{ id: 'a', draining: true }, { id: 'b', role: 'main' }, { id: 'c' }, { id: 'd' }]);
		expect(await place(['c'])).toBe('d');
		expect(await place(['c', 'd'])).toBeUndefined();
	});

	it('passes over nodes whose process has ended, though the table has them', async () => {
		const { place, gone } = scene([{ id: 'a' }, { id: 'b' }], () => undefined);
		const first = await place();
		gone.push(first ?? '');
		expect(await place()).not.toBe(first);
	});

	it('goes by the last table while Redis is away, and rather to a full node than nowhere', async () => {
		const { place } = scene(
			[
				{ id: 'a', viewers: 10 },
				{ id: 'b', viewers: 9 },
			],
			() => undefined,
		);
		expect(await Promise.all([place(), place(), place()])).toEqual(['b', expect.any(String), expect.any(String)]);
		expect(await place(['a', 'b'])).toBeUndefined();
	});
});
