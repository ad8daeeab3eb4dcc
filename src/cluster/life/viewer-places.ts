import { DualcastError } from '../../base/errors.ts';
import type { Cluster, ClusterNode } from '../cluster.ts';

/** What a viewer brings along. */
export type ViewerWish = {
	/** The node that its token is for. */
	readonly node?: string | undefined;
	/** Nodes that it cannot reach or was asked to leave. */
	readonly avoid?: readonly string[] | undefined;
	/** See `PlaceWish`. */
	readonly holder?: string | undefined;
	readonly reserve?: boolean | undefined;
};

export type ViewerPlacesOptions = {
	readonly cluster: Pick<Cluster, 'self' | 'role' | 'joined' | 'nodes' | 'node' | 'place' | 'owner'>;
	/** Whether a main offers the stream, or did a moment ago. */
	readonly isOffered: (stream: string) => boolean;
	readonly serveFromMain: boolean;
};

/** Says where a viewer is served. A main sends viewers to subs, a draining sub sends new ones to a main. */
export class ViewerPlaces {
	readonly #options: ViewerPlacesOptions;

	constructor(options: ViewerPlacesOptions) {
		this.#options = options;
	}

	/** This node. */
	get self(): string {
		return this.#options.cluster.self;
	}

	/** False while every viewer who comes is served here. */
	get elsewhere(): boolean {
		const { cluster } = this.#options;
		return cluster.role === 'main' || !cluster.joined || cluster.node(cluster.self)?.draining === true;
	}

	/**
	 * @returns undefined for this node
	 * @throws DualcastError `stream_not_found`, `no_node`, `cluster_unreachable`
	 */
	async find(stream: string, { node, avoid = [], ...wish }: ViewerWish = {}): Promise<ClusterNode | undefined> {
		const { cluster, isOffered } = this.#options;
		if (!cluster.joined) throw unknownYet();
		if (cluster.role === 'sub') return this.elsewhere ? this.#main() : undefined;
		if (!isOffered(stream)) throw notFound();
		const wanted = node === undefined ? undefined : cluster.node(node);
		// It was placed there when the token was given out.
		if (wanted?.role === 'sub' && !wanted.draining && !avoid.includes(wanted.id)) return wanted;
		return (await cluster.place(stream, { ...wish, exclude: avoid })) ?? this.#ownerOf(stream, avoid);
	}

	/** Any one can send the viewer on. */
	#main(): ClusterNode | undefined {
		const mains = this.#options.cluster.nodes().filter(({ role }) => role === 'main');
		return mains.find(({ draining }) => !draining) ?? mains[0];
	}

	/** The main that can serve the stream itself. Who reached this one can use it, whatever else was said. */
	#ownerOf(stream: string, avoid: readonly string[]): ClusterNode | undefined {
		const { cluster, serveFromMain } = this.#options;
		const owner = serveFromMain ? cluster.owner(stream)?.node : undefined;
		if (owner?.id === cluster.self) return undefined;
		if (owner && !avoid.includes(owner.id)) return owner;
		throw new DualcastError('no_node', 'no node of the cluster takes viewers now; try again in a moment');
	}
}

/** Players give a stream up that is not found. */
function unknownYet(): DualcastError {
	return new DualcastError('cluster_unreachable', 'this node does not know the streams of the cluster yet; try again');
}

function notFound(): DualcastError {
	return new DualcastError('stream_not_found', 'no main of the cluster offers a stream of this name');
}
