import { rankPlaces } from './rendezvous.ts';

/** A sub as placement sees it. */
export type Candidate = {
	readonly id: string;
	/** Viewers it can serve. */
	readonly capacity: number;
	/** Viewers it serves, and those on their way to it. */
	readonly load: number;
	/** Those among them who watch the stream. */
	readonly audience: number;
};

/** Share of its capacity that a node gives to one stream before the next node joins in. */
const SHARE = 0.25;
/** No node gets fuller than the average by more than this factor, unless it is nearly empty. */
const BOUND = 1.25;

/**
 * The node for one more viewer of a stream: rendezvous hashing with bounded loads.
 *
 * The stream's audience decides how many nodes serve it: the first of the stream's ranking, then the first two, and so
 * on, a quarter of a node's capacity each. Among them the emptiest one is taken, so that a large audience is spread
 * evenly and a small one stays together. When these nodes are full, or fuller than the average of all nodes allows, the
 * next ones of the ranking help out.
 *
 * @returns its id; undefined when every node is full
 */
export function choosePlace(stream: string, candidates: readonly Candidate[]): string | undefined {
	const ranked = rankPlaces(
		stream,
		candidates.map((candidate) => ({ ...candidate, weight: candidate.capacity })),
	);
	const wanted = sum(candidates, ({ audience }) => audience) + 1;
	const fullness = (sum(candidates, ({ load }) => load) + 1) / sum(candidates, ({ capacity }) => capacity);

	let share = 0;
	let chosen: Candidate | undefined;
	for (const candidate of ranked) {
		if (chosen && share >= wanted) break;
		share += shareOf(candidate);
		if (!isOpen(candidate, fullness)) continue;
		if (!chosen || fullnessWith(candidate) < fullnessWith(chosen)) chosen = candidate;
	}
	return (chosen ?? emptiest(ranked))?.id;
}

function shareOf({ capacity }: Candidate): number {
	return Math.ceil(capacity * SHARE);
}

function isOpen(candidate: Candidate, fullness: number): boolean {
	const { capacity, load } = candidate;
	return load < capacity && load < Math.max(shareOf(candidate), capacity * fullness * BOUND);
}

function emptiest(candidates: readonly Candidate[]): Candidate | undefined {
	let found: Candidate | undefined;
	for (const candidate of candidates) {
		if (candidate.load >= candidate.capacity) continue;
		if (!found || fullnessWith(candidate) < fullnessWith(found)) found = candidate;
	}
	return found;
}

/** What share of a node is taken with one more viewer. */
function fullnessWith({ capacity, load }: Candidate): number {
	return (load + 1) / capacity;
}

function sum(candidates: readonly Candidate[], of: (candidate: Candidate) => number): number {
	return candidates.reduce((total, candidate) => total + of(candidate), 0);
}
