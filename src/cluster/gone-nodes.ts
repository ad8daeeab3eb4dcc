import type { ClusterNode } from './cluster.ts';

/**
 * Nodes of the table whose process has ended, before their records run out. One that is heard of again is back: it was
 * started anew, or the news was wrong.
 */
export class GoneNodes {
	/** Node → its last heartbeat, as the first table read after the news tells; undefined before. */
	readonly #last = new Map<string, number | undefined>();

	get ids(): readonly string[] {
		return [...this.#last.keys()];
	}

	/** Those whose last heartbeat is known, with its time. */
	get certain(): readonly (readonly [id: string, seenAt: number])[] {
		return [...this.#last].flatMap(([id, last]) => (last === undefined ? [] : [[id, last] as const]));
	}

	add(id: string): void {
		this.#last.set(id, undefined);
	}

	delete(id: string): void {
		this.#last.delete(id);
	}

	/** The nodes of whom a table asked for from here on tells the last heartbeat. */
	mark(): readonly string[] {
		return this.ids;
	}

	/** The table was read. @param marked what `mark` returned when it was asked for */
	settle(marked: readonly string[], nodes: readonly ClusterNode[]): void {
		for (const id of marked) {
			const node = nodes.find((other) => other.id === id);
			const last = this.#last.get(id);
			if (!node || (last !== undefined && node.seenAt !== last)) this.#last.delete(id);
			else this.#last.set(id, last ?? node.seenAt);
		}
	}
}
