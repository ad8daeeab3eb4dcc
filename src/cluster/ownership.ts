import type { ClusterNode } from './cluster.ts';
import { bestPlace } from './rendezvous.ts';

export type OwnershipView = {
	readonly self: string;
	/** Streams that this main offers. */
	readonly offers: readonly string[];
	/** Streams whose cameras it owns. */
	readonly owned: ReadonlySet<string>;
	readonly nodes: readonly ClusterNode[];
	/** True while somebody reads the stream here. */
	readonly inUse: (stream: string) => boolean;
};

/**
 * Which cameras a main tries to get and which it gives away. Of the live mains that offer a stream, those that are not
 * draining first, rendezvous hashing names one. The lease decides; this spreads the cameras, and has no two mains try
 * for the same one. A camera that is in use moves only when its owner is draining.
 */
export function planOwnership({ self, offers, owned, nodes, inUse }: OwnershipView): {
	readonly claim: readonly string[];
	readonly release: readonly string[];
} {
	const mains = nodes
		.filter(({ role }) => role === 'main')
		.map(({ id, draining, cameras, offers: offered }) => ({
			id,
			weight: 1,
			draining,
			offers: new Set(offered),
			cameras: new Set(cameras.map((camera) => camera.id)),
		}));
	const draining = mains.some(({ id, draining: marked }) => id === self && marked);
	const claim: string[] = [];
	const release: string[] = [];
	for (const stream of offers) {
		const able = mains.filter((main) => main.offers.has(stream));
		const willing = able.filter((main) => !main.draining);
		const best = bestPlace(stream, willing.length > 0 ? willing : able);
		if (!best) continue;
		if (owned.has(stream)) {
			if (best.id !== self && (draining || !inUse(stream))) release.push(stream);
		} else if (best.id === self && !able.some(({ id, cameras }) => id !== self && cameras.has(stream))) {
			claim.push(stream);
		}
	}
	return { claim, release };
}
