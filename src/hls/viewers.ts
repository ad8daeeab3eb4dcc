const MAX_CLIENTS = 10_000;
const MAX_AGENT = 160;

/** Distinct clients seen lately, by address and user agent; those seen longest ago make room. */
export class Viewers {
	readonly #seen = new Map<string, number>();

	/** @param now `Clock.now()` */
	see(address: string | undefined, userAgent: string | undefined, now: number): void {
		const key = `${address ?? ''} ${(userAgent ?? '').slice(0, MAX_AGENT)}`;
		this.#seen.delete(key);
		this.#seen.set(key, now);
		if (this.#seen.size > MAX_CLIENTS) this.#forgetOldest();
	}

	/** @param since `Clock.now()` of the earliest visit that counts; older ones are forgotten */
	count(since: number): number {
		for (const at of this.#seen.values()) {
			if (at >= since) break;
			this.#forgetOldest();
		}
		return this.#seen.size;
	}

	#forgetOldest(): void {
		const oldest = this.#seen.keys().next();
		if (!oldest.done) this.#seen.delete(oldest.value);
	}
}
