import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import type { ClusterNode, PlaceWish } from './cluster.ts';
import { MAX_UNSHARED_PLACES } from './limits.ts';
import type { NodeTable } from './node-table.ts';
import { type Candidate, choosePlace } from './placement.ts';
import type { RedisLink } from './redis-link.ts';
import { NO_HOLDER, PLACE } from './scripts.ts';

export type PlacerOptions = {
	readonly table: NodeTable;
	readonly link: Pick<RedisLink, 'run' | 'up'>;
	readonly prefix: string;
	/** Nodes of the table whose process has ended. */
	readonly gone: () => readonly string[];
	/** Distinguishes this process from others. */
	readonly process: string;
	readonly clock: Clock;
};

/** A viewer who has not come by then does not come. */
export const RESERVATION_MS = 10_000;
/** How often another node is tried when the chosen one turns out to be full, gone or draining. */
const ATTEMPTS = 4;
const HOLDER_CHARACTERS = 16;

/** Placed by this node since the table was read; `until` is `Clock.now()`. */
type Placed = { readonly node: string; readonly stream: string; readonly holder: string; readonly until: number };

/**
 * Sends viewers to subs. Each is counted at once, here, and in Redis, where all mains count theirs and the node's
 * heartbeat takes away those who arrived: a class that comes within a second is spread as evenly as one that trickles
 * in.
 */
export class Placer {
	readonly #options: PlacerOptions;
	readonly #placed = new Set<Placed>();
	#count = 0;
	#turn = 0;

	constructor(options: PlacerOptions) {
		this.#options = options;
	}

	/** The table was read: it holds what Redis knew until then. @param before what `mark` returned when it was asked for */
	settle(before: ReadonlySet<Placed>): void {
		for (const placed of before) this.#placed.delete(placed);
	}

	/** The viewers placed so far whom a table asked for from here on will hold. */
	mark(): ReadonlySet<Placed> {
		return new Set(this.#placed);
	}

	async place(stream: string, wish: PlaceWish = {}): Promise<ClusterNode | undefined> {
		const { exclude = [], holder, reserve = true } = wish;
		const { table, link, prefix, process } = this.#options;
		const who = nameOf(holder);
		const refused = new Set([...exclude, ...this.#options.gone()]);
		const unreserved: ClusterNode[] = [];
		for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
			const id = choosePlace(stream, this.#candidates(stream, refused)) ?? this.#choiceOnTrust(stream, refused);
			if (id === undefined) break;
			if (!reserve) return table.row(id)?.node;
			const placed = this.#hasEnough(id, who) ? undefined : this.#add(id, stream, who);
			const verdict = await link
				.run(PLACE, [prefix, id, who, `${process}-${++this.#count} ${stream}`, RESERVATION_MS])
				.catch(() => 'away');
			const node = table.row(id)?.node;
			if ((verdict === 'placed' || verdict === 'away') && node) return node;
			if (placed) this.#placed.delete(placed);
			if (verdict === 'enough' && node) unreserved.push(node);
			refused.add(id);
		}
		// Counted nowhere, they would all go to the emptiest one.
		return unreserved[this.#turn++ % unreserved.length];
	}

	/** Redis says so, too, but later: until then the many requests of one client would keep others out. */
	#hasEnough(id: string, holder: string): boolean {
		const node = this.#options.table.row(id)?.node;
		if (holder === NO_HOLDER || !node) return false;
		const here = [...this.#placed].filter((placed) => placed.node === id);
		const held = here.filter((placed) => placed.holder === holder).length;
		return held >= node.capacity - node.viewers - node.reserved - here.length;
	}

	/** While Redis is away nobody says who arrived and who left: rather a node that may be full than none. */
	#choiceOnTrust(stream: string, refused: ReadonlySet<string>): string | undefined {
		if (this.#options.link.up) return undefined;
		const candidates = this.#candidates(stream, refused);
		return choosePlace(
			stream,
			candidates.map((candidate) => ({ ...candidate, load: candidate.load - candidate.capacity })),
		);
	}

	#candidates(stream: string, refused: ReadonlySet<string>): Candidate[] {
		const { table } = this.#options;
		const loads = this.#loads(stream);
		return table.nodes.flatMap(({ id, role, draining, capacity, viewers, reserved, streams }): Candidate[] => {
			if (role !== 'sub' || draining || capacity === 0 || refused.has(id)) return [];
			const watching = streams.find((watched) => watched.id === stream)?.viewers ?? 0;
			const coming = table.row(id)?.placed[stream] ?? 0;
			const own = loads.get(id) ?? { all: 0, ofStream: 0 };
			return [{ id, capacity, load: viewers + reserved + own.all, audience: watching + coming + own.ofStream }];
		});
	}

	#loads(stream: string): Map<string, { all: number; ofStream: number }> {
		const now = this.#options.clock.now();
		const loads = new Map<string, { all: number; ofStream: number }>();
		for (const placed of this.#placed) {
			if (placed.until <= now) {
				this.#placed.delete(placed);
				continue;
			}
			const load = loads.get(placed.node) ?? { all: 0, ofStream: 0 };
			load.all++;
			if (placed.stream === stream) load.ofStream++;
			loads.set(placed.node, load);
		}
		return loads;
	}

	#add(node: string, stream: string, holder: string): Placed {
		const placed = { node, stream, holder, until: this.#options.clock.now() + RESERVATION_MS };
		this.#placed.add(placed);
		const [oldest] = this.#placed;
		if (this.#placed.size > MAX_UNSHARED_PLACES && oldest) this.#placed.delete(oldest);
		return placed;
	}
}

/** Redis need not know who it is. */
function nameOf(holder: string | undefined): string {
	if (holder === undefined) return NO_HOLDER;
	return digestOf(holder).slice(0, HOLDER_CHARACTERS);
}
