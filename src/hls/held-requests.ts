/** Called once: with what was asked for, or with why there is none. */
export type Waiter<Outcome> = (outcome: Outcome | Error) => void;

/** Requests held for one stream at once, of one kind. */
export const MAX_HELD = 1000;

type Group<Wish, Outcome> = {
	readonly wish: Wish;
	/** With `Clock.now()` of when they came. */
	readonly waiters: Map<Waiter<Outcome>, number>;
};

/** Requests that wait for what is to come. Those with the same wish are answered together. */
export class HeldRequests<Wish, Outcome> {
	readonly #groups = new Map<string, Group<Wish, Outcome>>();
	#size = 0;

	get size(): number {
		return this.#size;
	}

	get full(): boolean {
		return this.#size >= MAX_HELD;
	}

	/**
	 * @param key the same for the same wish
	 * @param now `Clock.now()`
	 * @returns forgets the request
	 */
	hold(key: string, wish: Wish, waiter: Waiter<Outcome>, now: number): () => void {
		let group = this.#groups.get(key);
		if (!group) {
			group = { wish, waiters: new Map() };
			this.#groups.set(key, group);
		}
		const { waiters } = group;
		waiters.set(waiter, now);
		this.#size++;
		return () => {
			if (waiters.delete(waiter)) this.#size--;
			if (waiters.size === 0 && this.#groups.get(key)?.waiters === waiters) this.#groups.delete(key);
		};
	}

	/** Answers each wish that can be fulfilled. @param fulfil undefined as long as it cannot be */
	answer(fulfil: (wish: Wish) => Outcome | Error | undefined): void {
		for (const [key, { wish, waiters }] of this.#groups) {
			const outcome = fulfil(wish);
			if (outcome === undefined) continue;
			this.#groups.delete(key);
			this.#size -= waiters.size;
			for (const waiter of waiters.keys()) {
				waiters.delete(waiter);
				waiter(outcome);
			}
		}
	}

	/** Lets those go that came before. @param earliest `Clock.now()` */
	refuseOlder(earliest: number, refusal: () => Error): void {
		for (const [key, { waiters }] of this.#groups) {
			for (const [waiter, since] of waiters) {
				if (since >= earliest) continue;
				waiters.delete(waiter);
				this.#size--;
				waiter(refusal());
			}
			if (waiters.size === 0) this.#groups.delete(key);
		}
	}
}
