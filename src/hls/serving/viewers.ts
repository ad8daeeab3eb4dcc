import type { PlaylistBody } from '../playlist/playlist.ts';

const MAX_CLIENTS = 10_000;
const MAX_AGENT = 160;
/** Milliseconds by which the order of clients may lag behind their visits: players ask many times a second. */
const ORDER_LAG = 1000;

/** What is remembered of one client. */
export type Visit = {
	/** `Clock.now()` of its last request, and of the one that gave it its place among the clients. */
	at: number;
	placedAt: number;
	/** The playlist it was given last, and when. */
	playlist: PlaylistBody | undefined;
	givenAt: number;
};

/** Distinct clients seen lately, by address and user agent; those seen longest ago, to the second, make room. */
export class Viewers {
	readonly #visits = new Map<string, Visit>();

	/** @param now `Clock.now()` */
	see(address: string | undefined, userAgent: string | undefined, now: number): Visit {
		const key = keyOf(address, userAgent);
		const visit = this.#visits.get(key) ?? newVisit(now);
		visit.at = now;
		if (now - visit.placedAt < ORDER_LAG) return visit;
		visit.placedAt = now;
		this.#visits.delete(key);
		this.#visits.set(key, visit);
		if (this.#visits.size > MAX_CLIENTS) this.#forgetOldest();
		return visit;
	}

	/** Whether the client was seen since then (`Clock.now()`). */
	knows(address: string | undefined, userAgent: string | undefined, since: number): boolean {
		const visit = this.#visits.get(keyOf(address, userAgent));
		return visit !== undefined && visit.at >= since;
	}

	/** @param since `Clock.now()` of the earliest visit that counts; older ones are forgotten */
	count(since: number): number {
		for (const { at } of this.#visits.values()) {
			if (at >= since) break;
			this.#forgetOldest();
		}
		return this.#visits.size;
	}

	#forgetOldest(): void {
		const oldest = this.#visits.keys().next();
		if (!oldest.done) this.#visits.delete(oldest.value);
	}
}

function newVisit(at: number): Visit {
	return { at, placedAt: Number.NEGATIVE_INFINITY, playlist: undefined, givenAt: Number.NEGATIVE_INFINITY };
}

function keyOf(address = '', userAgent = ''): string {
	return `${address} ${userAgent.slice(0, MAX_AGENT)}`;
}
