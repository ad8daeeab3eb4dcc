import { describe, expect, it } from 'vitest';
import { TableReader, type TableRow } from '../../../src/cluster/node-record.ts';
import { NodeTable } from '../../../src/cluster/node-table.ts';

const LOAD = { viewers: 2, bitrate: 1, cpu: 0.5, eventLoopDelay: 1, streams: [{ id: 'yard', viewers: 2 }] };
const INVENTORY = { role: 'main', http: 'http://a', capacity: 1, version: '1', cameras: [], offers: ['yard'] };

function read(...nodes: { id: string; fence?: number; inventory?: string; load?: string; placed?: string }[]) {
	return new TableReader().read([
		'',
		...nodes.flatMap(({ id, fence, inventory, load = JSON.stringify(LOAD), placed = '{}' }) => [
			id,
			load,
			inventory ?? JSON.stringify({ ...INVENTORY, cameras: fence === undefined ? [] : [{ id: 'yard', fence }] }),
			'1000',
			'',
			placed,
		]),
	]).rows;
}

describe('the table of nodes', () => {
	it('names as owner the one with the higher fence, and never one who is behind', () => {
		const table = new NodeTable();
		table.update(read({ id: 'a', fence: 9 }, { id: 'b', fence: 8 }), false);
		expect(table.owner('yard')).toMatchObject({ node: { id: 'a' }, fence: 9 });
		table.update(read({ id: 'b', fence: 8 }), false);
		expect(table.owner('yard')).toBeUndefined();
		table.update(read({ id: 'b', fence: 10 }), false);
		expect(table.owner('yard')).toMatchObject({ node: { id: 'b' }, fence: 10 });
	});

	it('keeps nodes that have not had their turn yet after Redis came back', () => {
		const table = new NodeTable();
		table.update(read({ id: 'a' }, { id: 'b' }), false);
		table.update(read({ id: 'b' }), true);
		expect(table.nodes.map(({ id }) => id)).toEqual(['a', 'b']);
		table.update(read({ id: 'b' }), false);
		expect(table.nodes.map(({ id }) => id)).toEqual(['b']);
	});

	it('forgets a node that said goodbye', () => {
		const table = new NodeTable();
		table.update(read({ id: 'a', fence: 1 }, { id: 'b' }), false);
		table.remove('a');
		expect(table.nodes.map(({ id }) => id)).toEqual(['b']);
		expect(table.owner('yard')).toBeUndefined();
	});

	it('counts those on their way', () => {
		const [row] = read({ id: 'a', placed: '{"yard":3,"gate":1}' });
		expect(row?.node.reserved).toBe(4);
		expect(row?.placed).toEqual({ yard: 3, gate: 1 });
	});

	it.each([
		['a load that is no JSON', { load: 'x' }],
		['an inventory of another shape', { inventory: '{"role":"boss"}' }],
		['a load without viewers', { load: '{}' }],
	])('leaves out a node with %s', (_, change) => {
		const rows: readonly TableRow[] = read({ id: 'a', ...change }, { id: 'b' });
		expect(rows.map(({ node }) => node.id)).toEqual(['b']);
	});
});
