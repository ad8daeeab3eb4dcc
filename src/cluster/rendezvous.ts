const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
const RANGE = 2 ** 32;

/** Something that keys are spread over; one of twice the weight gets twice as many. */
export type Place = { readonly id: string; readonly weight: number };

/**
 * Orders places for a key by rendezvous hashing (highest random weight): each place draws a number from its own name
 * and the key. One that comes or goes does not change the order of the others.
 *
 * @returns the best first
 */
export function rankPlaces<P extends Place>(key: string, places: readonly P[]): P[] {
	return places
		.map((place) => ({ place, score: score(place, key) }))
		.sort((a, b) => b.score - a.score || (a.place.id < b.place.id ? -1 : 1))
		.map(({ place }) => place);
}

/** The first of `rankPlaces`. */
export function bestPlace<P extends Place>(key: string, places: readonly P[]): P | undefined {
	let best: P | undefined;
	let highest = Number.NEGATIVE_INFINITY;
	for (const place of places) {
		const drawn = score(place, key);
		if (best && (drawn < highest || (drawn === highest && place.id > best.id))) continue;
		best = place;
		highest = drawn;
	}
	return best;
}

/** −weight / ln(u) with u in (0, 1) drawn by the hash: the largest one is each place's with a chance as its weight. */
function score({ id, weight }: Place, key: string): number {
	return -weight / Math.log((hash(`${id}\n${key}`) + 0.5) / RANGE);
}

/** FNV-1a, mixed so that every bit of the text reaches every bit of the result. 32 bits. */
function hash(text: string): number {
	let state = OFFSET_BASIS;
	for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), PRIME);
	state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
	state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
	return (state ^ (state >>> 16)) >>> 0;
}
