import type { PortPair } from '../../transport-header.ts';

const MAX_CHANNEL = 255;

/** The interleaved channels of one connection. */
export class Channels {
	readonly #taken = new Set<number>();

	/** The channels asked for, or the next free ones; undefined when they are taken. */
	take(wanted: PortPair | undefined): PortPair | undefined {
		const pair = wanted ?? this.#nextFree();
		if (!pair || pair[0] === pair[1]) return undefined;
		if (pair.some((channel) => channel > MAX_CHANNEL || this.#taken.has(channel))) return undefined;
		for (const channel of pair) this.#taken.add(channel);
		return pair;
	}

	free(pair: PortPair): void {
		for (const channel of pair) this.#taken.delete(channel);
	}

	#nextFree(): PortPair | undefined {
		for (let channel = 0; channel < MAX_CHANNEL; channel += 2) {
			if (!this.#taken.has(channel) && !this.#taken.has(channel + 1)) return [channel, channel + 1];
		}
		return undefined;
	}
}
