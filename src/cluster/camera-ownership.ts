import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { CameraLeases } from './camera-leases.ts';
import type { ClusterNode, NodeLoad } from './cluster.ts';
import { MAX_CLAIMS } from './limits.ts';
import { planOwnership } from './ownership.ts';
import type { RedisLink } from './redis-link.ts';
import { LEASES } from './scripts.ts';

export type CameraOwnershipOptions = {
	readonly link: Pick<RedisLink, 'run'>;
	readonly prefix: string;
	/** The node's id. */
	readonly self: string;
	/** Milliseconds a lease lives. */
	readonly ttl: number;
	/** Streams of this main; empty on a sub. */
	readonly offers: readonly string[];
	readonly load: Pick<NodeLoad, 'inUse'>;
	readonly clock: Clock;
	readonly logger: Logger;
	/** A lease ended because it was not renewed in time. */
	readonly onEnd: () => void;
};

/** Gets cameras for this node, holds them, and gives them away. */
export class CameraOwnership {
	readonly #options: CameraOwnershipOptions;
	readonly #leases: CameraLeases;
	/** As last told: stream → fence. */
	#told: ReadonlyMap<string, number> = new Map();
	#end: Timer | undefined;

	constructor(options: CameraOwnershipOptions) {
		this.#options = options;
		this.#leases = new CameraLeases(options.clock, options.ttl);
	}

	/** See `Cluster.holds`. */
	fence(stream: string): number | undefined {
		return this.#leases.fence(stream);
	}

	/** False when another node may have got a lease meanwhile without this one being told. */
	get certain(): boolean {
		return this.#leases.certain;
	}

	cameras(): ClusterNode['cameras'] {
		return this.#leases.cameras();
	}

	/** Redis is away: what is owned at this moment stays. */
	keep(): void {
		this.#leases.keep();
	}

	/** @throws DualcastError `cluster_unreachable`, as all that ask Redis */
	renew(): Promise<void> {
		return this.#ask([], [], []);
	}

	/**
	 * Tries to get the cameras that are this node's by the table, and gives away those that are not.
	 *
	 * @param gone nodes of the table whose process has ended: what they had is taken over at once
	 * @returns true when it did
	 */
	async rebalance(table: readonly ClusterNode[], gone: readonly string[]): Promise<boolean> {
		const { self, offers, load } = this.#options;
		if (offers.length === 0) return false;
		const nodes = table.filter(({ id }) => !gone.includes(id));
		const owned = new Set(this.#leases.cameras().map(({ id }) => id));
		const { claim, release } = planOwnership({ self, offers, owned, nodes, inUse: (stream) => load.inUse(stream) });
		if (claim.length === 0 && release.length === 0) return false;
		for (const stream of release) this.#leases.drop(stream);
		await this.#ask(claim.slice(0, MAX_CLAIMS), release, gone);
		return true;
	}

	async giveUp(): Promise<void> {
		this.#end?.cancel();
		const cameras = this.#leases.known;
		for (const stream of cameras) this.#leases.drop(stream);
		await this.#ask([], cameras, []);
	}

	/** True when the cameras are others than at the call before. */
	moved(): boolean {
		const cameras = new Map(this.#leases.cameras().map(({ id, fence }) => [id, fence]));
		const before = this.#told;
		const got = [...cameras].filter(([id, fence]) => before.get(id) !== fence).map(([id]) => id);
		const lost = [...before.keys()].filter((id) => !cameras.has(id));
		this.#told = cameras;
		if (got.length === 0 && lost.length === 0) return false;
		this.#options.logger.info({ got, lost }, 'the cameras of this node changed');
		return true;
	}

	async #ask(claim: readonly string[], release: readonly string[], gone: readonly string[]): Promise<void> {
		const requests = this.#leases.requests(claim, release);
		if (requests.length === 0) return;
		const { link, prefix, self, ttl, clock } = this.#options;
		const asked = clock.now();
		const answer = await link.run(LEASES, [prefix, self, ttl, JSON.stringify(requests), JSON.stringify(gone)]);
		this.#leases.answered(requests, answer, asked);
		this.#armEnd();
	}

	/** A lease that is not renewed in time ends at its hour, whatever else goes on. */
	#armEnd(): void {
		this.#end?.cancel();
		const { clock, onEnd } = this.#options;
		const { nextEnd } = this.#leases;
		if (nextEnd === undefined) return;
		this.#end = clock.after(Math.max(0, nextEnd - clock.now()), () => {
			onEnd();
			this.#armEnd();
		});
	}
}
