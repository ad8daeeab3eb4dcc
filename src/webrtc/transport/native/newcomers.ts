import type { NativePeer } from './native-peer.ts';

/**
 * Lets viewers who were just secured in one after the other, each with a turn of the event loop: a viewer's first
 * picture is hundreds of packets. When many join at once, the packets of those who watch already get in between.
 */
export class Newcomers {
	readonly #waiting: NativePeer[] = [];

	add(peer: NativePeer | undefined): void {
		if (peer === undefined) return;
		this.#waiting.push(peer);
		if (this.#waiting.length === 1) setImmediate(this.#next);
	}

	readonly #next = (): void => {
		const peer = this.#waiting.shift();
		if (this.#waiting.length > 0) setImmediate(this.#next);
		peer?.secured();
	};
}
