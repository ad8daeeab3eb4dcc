import { type GuideTools, guideAt, guideUrlOf, type NodeGuide } from './node-guide.ts';
import { Places, withAvoided } from './places.ts';

export type WhereaboutsOptions = GuideTools & {
	/** What serves is to be left, or is gone: `from` and `address` say where to go. */
	onLeave: () => void;
};

/** Which gateway a player asks, and what the one that serves it says of where to go. */
export class Whereabouts {
	readonly #options: WhereaboutsOptions;
	#given = '';
	#places: Places;
	#guide: { readonly node: NodeGuide; readonly address: string; readonly leave: () => void } | undefined;

	constructor(options: WhereaboutsOptions) {
		this.#options = options;
		this.#places = new Places('', options.clock);
	}

	/**
	 * The gateway to ask now.
	 *
	 * @param given absolute URL of the one the player was given
	 */
	from(given: string): string {
		if (given !== this.#given) {
			this.leave();
			this.#given = given;
			this.#places = new Places(given, this.#options.clock);
		}
		return this.#places.base;
	}

	/** Gateways to ask as well when that one is silent. */
	get others(): readonly string[] {
		return this.#places.others;
	}

	/** An address there, with what it has to know. */
	address(url: string): string {
		return withAvoided(url, this.#places.avoided);
	}

	/** Listens to the node that serves the stream: it says where to go when it ends. */
	servedBy(url: string, stream: string): void {
		const address = guideUrlOf(url, stream);
		if (address === undefined || address === this.#guide?.address) return;
		this.leave();
		const node = guideAt(address, this.#options);
		let id = '';
		const move = () => {
			this.#places.leave(id, address);
			this.#options.onLeave();
		};
		const place = (name: string, mains: readonly string[]) => {
			id = name;
			this.#places.learn(mains);
		};
		const leave = node.join({ place, move, lost: move }, address);
		this.#guide = { node, address, leave };
	}

	/** The gateway that was asked did not answer. */
	unreachable(): void {
		this.#places.next();
	}

	/** Nothing comes: finds out whether the node is still there. */
	check(): void {
		this.#guide?.node.check();
	}

	/** Listens no more. */
	leave(): void {
		this.#guide?.leave();
		this.#guide = undefined;
	}
}
