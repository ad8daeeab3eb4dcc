import { z } from 'zod';
import type { ClusterNode } from './cluster.ts';
import { MAX_OFFERS, MAX_TOLD_STREAMS } from './limits.ts';

const name = z.string().min(1).max(256);
const count = z.number().nonnegative();

/** What changes all the time. */
const load = z.object({
	viewers: count,
	bitrate: count,
	cpu: count,
	eventLoopDelay: count,
	streams: z.array(z.object({ id: name, viewers: count })).max(MAX_TOLD_STREAMS),
});

/** What rarely changes. */
const inventory = z.object({
	role: z.enum(['main', 'sub']),
	http: z.string().max(2048),
	rtsp: z.string().max(2048).optional(),
	capacity: count,
	version: z.string().max(64),
	cameras: z.array(z.object({ id: name, fence: count })).max(MAX_OFFERS),
	offers: z.array(name).max(MAX_OFFERS),
});

export type LoadRecord = z.output<typeof load>;
export type InventoryRecord = z.output<typeof inventory>;

const reservations = z.record(name, count);

/** A node in the answer to a heartbeat. */
export type TableRow = {
	readonly node: ClusterNode;
	/** Viewers on their way to it, by stream. */
	readonly placed: Readonly<Record<string, number>>;
	readonly drainMark: boolean | undefined;
};

type KnownInventories = Map<string, { readonly text: string; readonly value: InventoryRecord }>;

const FIELDS = 6;

/**
 * Reads answers to heartbeats. An inventory is taken apart only when its text changed; a record that cannot be read, of
 * another version of Dualcast perhaps, is left out.
 */
export class TableReader {
	#inventories: KnownInventories = new Map();

	/** @returns the process that held the own record before, and the rows */
	read(answer: unknown): { readonly former: string; readonly rows: readonly TableRow[] } {
		const [former = '', ...fields] = z.array(z.string()).parse(answer);
		const rows: TableRow[] = [];
		const inventories: KnownInventories = new Map();
		for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
			const [id = '', loadText = '', inventoryText = '', seen, drain, placedText = ''] = fields.slice(at, at + FIELDS);
			const told = parsed(load, loadText);
			const known = this.#inventories.get(id);
			const value = known?.text === inventoryText ? known.value : parsed(inventory, inventoryText);
			if (!told || !value) continue;
			inventories.set(id, { text: inventoryText, value });
			const placed = parsed(reservations, placedText) ?? {};
			const reserved = Object.values(placed).reduce((total, viewers) => total + viewers, 0);
			const node = { id, ...value, rtsp: value.rtsp, ...told, reserved, draining: drain === '1', seenAt: Number(seen) };
			rows.push({ node, placed, drainMark: drain === '' ? undefined : drain === '1' });
		}
		this.#inventories = inventories;
		return { former, rows: rows.sort((a, b) => (a.node.id < b.node.id ? -1 : 1)) };
	}
}

function parsed<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | undefined {
	try {
		return schema.parse(JSON.parse(text));
	} catch {
		return undefined;
	}
}
