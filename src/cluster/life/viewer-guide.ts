import type { Clock, Timer } from '../../base/clock.ts';
import type { Cluster } from '../cluster.ts';

/** What a viewer's player is told by the node that serves it. */
export type GuideEvent =
	/** Which node this is, and the mains to ask when it is gone; again when they change. */
	| { readonly type: 'place'; readonly data: { readonly node: string; readonly mains: readonly string[] } }
	/** The node is to be left: open another place, then let go of this one. */
	| { readonly type: 'move'; readonly data: { readonly node: string } };

export type GuideListener = (event: GuideEvent) => void;

export type ViewerGuideOptions = {
	readonly cluster: Pick<Cluster, 'self' | 'nodes' | 'node' | 'onChange'>;
	readonly clock: Clock;
};

/** Milliseconds between two viewers who are asked to move, and for all of them at most: joining costs the others CPU. */
const STEP_MS = 25;
const LONGEST_MS = 5_000;

type Guest = { readonly listener: GuideListener; move: Timer | undefined };

/** Keeps the players of this node's viewers told where to go when it ends or is being emptied. */
export class ViewerGuide {
	readonly #options: ViewerGuideOptions;
	readonly #guests = new Set<Guest>();
	readonly #unwatch: () => void;
	#mains: string;
	#emptying = false;
	#leaving = false;
	#onEmpty: (() => void) | undefined;

	constructor(options: ViewerGuideOptions) {
		this.#options = options;
		this.#mains = JSON.stringify(this.#listMains());
		this.#emptying = this.#isDraining;
		this.#unwatch = options.cluster.onChange(() => this.#update());
	}

	/** Players that listen. */
	get size(): number {
		return this.#guests.size;
	}

	/** @returns to be called when the player is gone */
	join(listener: GuideListener): () => void {
		const guest: Guest = { listener, move: undefined };
		this.#guests.add(guest);
		listener(this.#place());
		if (this.#emptying) this.#move(guest, 0);
		return () => {
			guest.move?.cancel();
			if (this.#guests.delete(guest) && this.#guests.size === 0) this.#onEmpty?.();
		};
	}

	/** Asks everybody to move, one after the other, and waits until they have, or for `patience` milliseconds. */
	async empty(patience: number): Promise<void> {
		this.#leaving = true;
		this.#update();
		if (this.#guests.size === 0) return;
		await new Promise<void>((resolve) => {
			const late = this.#options.clock.after(patience, resolve);
			this.#onEmpty = () => {
				late.cancel();
				resolve();
			};
		});
	}

	close(): void {
		this.#unwatch();
		for (const guest of this.#guests) guest.move?.cancel();
	}

	get #isDraining(): boolean {
		const { cluster } = this.#options;
		return this.#leaving || cluster.node(cluster.self)?.draining === true;
	}

	#update(): void {
		const mains = JSON.stringify(this.#listMains());
		if (mains !== this.#mains) {
			this.#mains = mains;
			for (const { listener } of this.#guests) listener(this.#place());
		}
		if (this.#isDraining === this.#emptying) return;
		this.#emptying = !this.#emptying;
		const step = Math.min(STEP_MS, LONGEST_MS / Math.max(1, this.#guests.size));
		let turn = 0;
		for (const guest of this.#guests) {
			guest.move?.cancel();
			if (this.#emptying) this.#move(guest, step * turn++);
		}
	}

	#move(guest: Guest, delay: number): void {
		guest.move = this.#options.clock.after(delay, () => {
			guest.listener({ type: 'move', data: { node: this.#options.cluster.self } });
		});
	}

	#place(): GuideEvent {
		return { type: 'place', data: { node: this.#options.cluster.self, mains: this.#listMains() } };
	}

	#listMains(): string[] {
		const mains = this.#options.cluster
			.nodes()
			.filter(({ role, id }) => role === 'main' && id !== this.#options.cluster.self);
		return mains.map(({ http }) => http);
	}
}
