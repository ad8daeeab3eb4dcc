import type { Clock } from '../clock.ts';

/** What a player is told of the node that serves it. */
export interface GuideListener {
	/** Which node it is, and the addresses of those to ask when it is gone. */
	place(node: string, mains: readonly string[]): void;
	/** The node is to be left; it still plays. */
	move(): void;
	/** The node is gone. */
	lost(): void;
}

export type GuideTools = {
	clock: Clock;
	/** `new EventSource`, as a parameter. */
	open: (url: string) => EventSource;
};

/** A node that is there opens a new connection within this time. */
const REOPEN_TIMEOUT_MS = 1500;
const CLOSED = 2;

/**
 * Listens to the guide of one node (`/api/v1/cluster/guide`, Server-Sent Events). The connection breaks at once when
 * the node's process ends, which media alone would tell only after seconds: one that breaks is opened again, and when
 * that fails the node is gone. A gateway without a cluster answers 204, and that is the end of it.
 */
export class NodeGuide {
	readonly #tools: GuideTools;
	/** Each with the address that carries its own right. */
	readonly #listeners = new Map<GuideListener, string>();
	readonly #onEnd: () => void;
	#source: EventSource | undefined;
	#place: { node: string; mains: readonly string[] } | undefined;
	#cancelTimeout: () => void = () => undefined;

	#url: string;

	constructor(url: string, tools: GuideTools, onEnd: () => void) {
		this.#url = url;
		this.#tools = tools;
		this.#onEnd = onEnd;
		this.#open(() => this.#end());
	}

	/**
	 * @param url of this guide, as this listener may ask for it
	 * @returns ends it for this listener
	 */
	join(listener: GuideListener, url: string): () => void {
		this.#listeners.set(listener, url);
		if (this.#place) listener.place(this.#place.node, this.#place.mains);
		return () => {
			if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#end();
		};
	}

	/** Finds out whether the node is still there. */
	check(): void {
		if (this.#source && this.#place) this.#reopen();
	}

	#open(onFailure: () => void): void {
		const source = this.#tools.open(this.#url);
		this.#source = source;
		let opened = false;
		source.onopen = () => {
			opened = true;
			this.#cancelTimeout();
		};
		source.onerror = () => {
			if (source !== this.#source) return;
			if (opened && this.#place && source.readyState !== CLOSED) this.#reopen();
			else onFailure();
		};
		source.addEventListener('place', (event) => {
			const place = readPlace('data' in event ? event.data : undefined);
			if (!place) return;
			this.#place = place;
			for (const listener of this.#listeners.keys()) listener.place(place.node, place.mains);
		});
		source.addEventListener('move', () => {
			for (const listener of [...this.#listeners.keys()]) listener.move();
		});
		source.addEventListener('end', () => this.#goOn());
	}

	/** The right is over by which it was asked for: others of the page may have one of their own. */
	#goOn(): void {
		for (const [listener, url] of this.#listeners) if (url === this.#url) this.#listeners.delete(listener);
		const [next] = this.#listeners.values();
		this.#source?.close();
		if (next === undefined) {
			this.#end();
			return;
		}
		this.#url = next;
		this.#open(() => this.#end());
	}

	#reopen(): void {
		this.#source?.close();
		this.#cancelTimeout();
		this.#cancelTimeout = this.#tools.clock.after(REOPEN_TIMEOUT_MS, () => this.#lose());
		this.#open(() => this.#lose());
	}

	#lose(): void {
		const listeners = [...this.#listeners.keys()];
		this.#end();
		for (const listener of listeners) listener.lost();
	}

	#end(): void {
		this.#cancelTimeout();
		this.#source?.close();
		this.#source = undefined;
		this.#listeners.clear();
		this.#onEnd();
	}
}

const guides = new Map<string, NodeGuide>();

/** The guide at an address. The players of a page share one: browsers open few connections to one host. */
export function guideAt(url: string, tools: GuideTools): NodeGuide {
	const [key = url] = url.split('?', 1);
	const known = guides.get(key);
	if (known) return known;
	const guide: NodeGuide = new NodeGuide(url, tools, () => {
		if (guides.get(key) === guide) guides.delete(key);
	});
	guides.set(key, guide);
	return guide;
}

/**
 * Where the guide of the node is that serves media at `url`, a WHEP session or a playlist; it takes the same token for
 * the same stream. Undefined for an address that is not a gateway's.
 */
export function guideUrlOf(url: string, stream: string): string | undefined {
	const { origin, pathname, search } = new URL(url);
	const end = Math.max(pathname.lastIndexOf('/whep/sessions/'), pathname.indexOf('/hls/'));
	if (end < 0) return undefined;
	const query = `stream=${encodeURIComponent(stream)}${tokenPart(search)}`;
	return `${origin}${pathname.slice(0, end)}/api/v1/cluster/guide?${query}`;
}

function tokenPart(search: string): string {
	const query = new URLSearchParams(search);
	const token = query.get('jwt') ?? query.get('token');
	return token === null ? '' : `&jwt=${encodeURIComponent(token)}`;
}

function readPlace(data: unknown): { node: string; mains: readonly string[] } | undefined {
	try {
		const { node, mains } = JSON.parse(String(data)) as { node?: unknown; mains?: unknown };
		if (typeof node !== 'string' || !Array.isArray(mains)) return undefined;
		return { node, mains: mains.filter((main): main is string => typeof main === 'string' && /^https?:/.test(main)) };
	} catch {
		return undefined;
	}
}
