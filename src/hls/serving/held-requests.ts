/** Called once: with what was asked for, or with why there is none. */
export type Waiter<Outcome> = (outcome: Outcome | Error) => void;

/** Requests held for one stream at once, of one kind. */
export const MAX_HELD = 1000;

type Group<Wish, Outcome> = {
	readonly key: string;
	readonly wish: Wish;
	/** With `Clock.now()` of when they came. */
	readonly waiters: Map<Waiter<Outcome>, number>;
};

/** Requests that wait for what is to come. Those with the same wish are answered together. */
export class HeldRequests<Wish, Outcome> {
	/**
	 * A few. No Map: its tables of old lead to those of now, and one that the collector took for old would keep
	 * everything alive that was held since.
	 */
	#groups: Group<Wish, Outcome>[] = [];
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
		const group = this.#groups.find((each) => each.key === key) ?? this.#begin(key, wish);
		const { waiters } = group;
		waiters.set(waiter, now);
		this.#size++;
		return () => {
			if (!waiters.delete(waiter)) return;
			this.#size--;
			if (waiters.size === 0) this.#end(group);
		};
	}

	/** Answers each wish that can be fulfilled. @param fulfil undefined as long as it cannot be */
	answer(fulfil: (wish: Wish) => Outcome | Error | undefined): void {
		for (const group of [...this.#groups]) {
			const { wish, waiters } = group;
			const outcome = fulfil(wish);
			if (outcome === undefined) continue;
			this.#end(group);
			for (const waiter of waiters.keys()) {
				waiters.delete(waiter);
				this.#size--;
				waiter(outcome);
			}
		}
	}

	/** Lets those go that came before. @param earliest `Clock.now()` */
	refuseOlder(earliest: number, refusal: () => Error): void {
		for (const group of [...this.#groups]) {
			const { waiters } = group;
			for (const [waiter, since] of waiters) {
				if (since >= earliest) continue;
				waiters.delete(waiter);
				this.#size--;
				waiter(refusal());
			}
			if (waiters.size === 0) this.#end(group);
		}
	}

	#begin(key: string, wish: Wish): Group<Wish, Outcome> {
		const group = { key, wish, waiters: new Map() };
		this.#groups.push(group);
		return group;
	}

	#end(group: Group<Wish, Outcome>): void {
		this.#groups = this.#groups.filter((each) => each !== group);
	}
}
