import type { Clock } from '../clock.ts';

/** A node that was left is not gone back to for this long; by then the others know how it is. */
const AVOIDED_MS = 15_000;

/** Where a player asks for its stream: the gateway it was given, and in a cluster the mains. */
export class Places {
	readonly #clock: Clock;
	#bases: readonly string[];
	#mains: readonly string[] = [];
	#left: { readonly node: string; readonly at: number }[] = [];

	/** @param base absolute URL of the gateway the player was given */
	constructor(base: string, clock: Clock) {
		this.#bases = [base];
		this.#clock = clock;
	}

	/** Where to ask now. */
	get base(): string {
		return this.#bases[0] ?? '';
	}

	/** Where else to ask when nothing is heard there; a main that is alone may send to another node the next time. */
	get others(): readonly string[] {
		return this.#mains.length === 0 ? [] : [...this.#bases.slice(1), this.base];
	}

	/** Nodes not to be sent to. */
	get avoided(): readonly string[] {
		const since = this.#clock.now() - AVOIDED_MS;
		this.#left = this.#left.filter(({ at }) => at > since);
		return this.#left.map(({ node }) => node);
	}

	/** Takes in the mains that the node in use knows. */
	learn(mains: readonly string[]): void {
		if (mains.length === 0) return;
		this.#mains = mains;
		this.#bases = [...this.#bases, ...mains.filter((main) => !this.#bases.some((base) => isSame(base, main)))];
	}

	/** The node at an address is to be left, or is gone. */
	leave(node: string, address: string): void {
		this.#left.push({ node, at: this.#clock.now() });
		if (this.#mains.length > 0 && isSame(this.base, address)) this.next();
	}

	/** Nobody answered here: asks the next one from now on. */
	next(): void {
		const [first, ...others] = this.#bases;
		if (first !== undefined) this.#bases = [...others, first];
	}
}

function isSame(a: string, b: string): boolean {
	return new URL(a).origin === new URL(b).origin;
}

/** An address with the nodes that are not to be chosen. */
export function withAvoided(url: string, nodes: readonly string[]): string {
	if (nodes.length === 0) return url;
	const address = new URL(url);
	for (const node of nodes) address.searchParams.append('avoid', node);
	return address.href;
}
