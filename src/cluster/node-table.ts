import type { CameraOwner, ClusterNode } from './cluster.ts';
import { MAX_FENCES } from './limits.ts';
import type { TableRow } from './node-record.ts';

/** The last known table of nodes, and what follows from it. */
export class NodeTable {
	#rows: ReadonlyMap<string, TableRow> = new Map();
	#nodes: readonly ClusterNode[] = [];
	#owners: ReadonlyMap<string, CameraOwner> = new Map();
	#streams: readonly string[] = [];
	/** The highest fence seen of each stream that somebody owned. */
	readonly #fences = new Map<string, number>();

	get nodes(): readonly ClusterNode[] {
		return this.#nodes;
	}

	/** Ids of streams that mains offer. */
	get streams(): readonly string[] {
		return this.#streams;
	}

	row(id: string): TableRow | undefined {
		return this.#rows.get(id);
	}

	owner(stream: string): CameraOwner | undefined {
		return this.#owners.get(stream);
	}

	/**
	 * @param keepMissing nodes that are not among the rows stay: right after Redis came back they may not have had their
	 * turn yet
	 */
	update(rows: readonly TableRow[], keepMissing: boolean): void {
		const next = new Map(keepMissing ? this.#rows : []);
		for (const row of rows) next.set(row.node.id, row);
		this.#settle(next);
	}

	/** A node said goodbye. */
	remove(id: string): void {
		const next = new Map(this.#rows);
		if (next.delete(id)) this.#settle(next);
	}

	#settle(rows: ReadonlyMap<string, TableRow>): void {
		this.#rows = rows;
		this.#nodes = [...rows.values()].map(({ node }) => node).sort((a, b) => (a.id < b.id ? -1 : 1));
		this.#owners = this.#findOwners();
		this.#streams = [...new Set(this.#nodes.flatMap(({ offers }) => offers))].sort();
	}

	/** Of two that claim a camera the one with the higher fence has it, and nobody who is behind what was seen. */
	#findOwners(): ReadonlyMap<string, CameraOwner> {
		const owners = new Map<string, CameraOwner>();
		for (const node of this.#nodes) {
			for (const { id, fence } of node.cameras) {
				if (fence < (this.#fences.get(id) ?? 0)) continue;
				this.#remember(id, fence);
				owners.set(id, { node, fence });
			}
		}
		return owners;
	}

	/** Those heard of longest ago are forgotten first. */
	#remember(stream: string, fence: number): void {
		this.#fences.delete(stream);
		this.#fences.set(stream, fence);
		const [oldest] = this.#fences.keys();
		if (this.#fences.size > MAX_FENCES && oldest !== undefined) this.#fences.delete(oldest);
	}
}
