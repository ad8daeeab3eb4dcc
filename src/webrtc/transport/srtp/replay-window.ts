const SIZE = 64;

/** Which of the last 64 indexes of a sequence were seen (RFC 3711 3.3.2). */
export class ReplayWindow {
	readonly #seen = new Float64Array(SIZE).fill(-1);
	#highest = -1;

	/** True if the index is neither a repetition nor too old to know. */
	isNew(index: number): boolean {
		return index > this.#highest - SIZE && this.#seen[index % SIZE] !== index;
	}

	/** Only for packets that are new and authenticated. */
	accept(index: number): void {
		this.#seen[index % SIZE] = index;
		if (index > this.#highest) this.#highest = index;
	}
}
