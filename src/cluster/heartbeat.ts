import type { Clock } from '../base/clock.ts';
import type { ClusterNode, NodeLoad } from './cluster.ts';
import { MAX_NODES, MAX_TOLD_STREAMS } from './limits.ts';
import type { LoadMeter } from './load-meter.ts';
import { type InventoryRecord, type LoadRecord, TableReader, type TableRow } from './node-record.ts';
import { RESERVATION_MS } from './placer.ts';
import type { RedisLink } from './redis-link.ts';
import { BEAT } from './scripts.ts';

export type HeartbeatOptions = {
	readonly link: Pick<RedisLink, 'run'>;
	readonly prefix: string;
	/** The node's id. */
	readonly id: string;
	/** Distinguishes this process from others. */
	readonly process: string;
	/** Milliseconds the record lives. */
	readonly ttl: number;
	/** Milliseconds between two beats, as a rule. */
	readonly period: number;
	/** What does not change. */
	readonly about: Omit<InventoryRecord, 'cameras'>;
	readonly load: NodeLoad;
	readonly meter: LoadMeter;
	readonly clock: Clock;
};

/** Of the period: within a shorter time there is nothing to measure. */
const MEASURED_SHARE = 0.5;

/** Tells Redis how this node is, and reads the table of all nodes in the same step. */
export class Heartbeat {
	readonly #options: HeartbeatOptions;
	readonly #reader = new TableReader();
	#viewers = 0;
	#measured = { cpu: 0, eventLoopDelay: 0 };
	#measuredAt = Number.NEGATIVE_INFINITY;

	constructor(options: HeartbeatOptions) {
		this.#options = options;
	}

	/**
	 * @param draining as this node knows it
	 * @returns the rows, and the process that held this node's record before; empty when there was none
	 * @throws DualcastError `cluster_unreachable`
	 */
	async beat(
		cameras: ClusterNode['cameras'],
		draining: boolean,
	): Promise<{ readonly former: string; readonly rows: readonly TableRow[] }> {
		const { link, prefix, id, process, ttl, about } = this.#options;
		const load = this.#load();
		const inventory: InventoryRecord = { ...about, cameras: [...cameras] };
		// One who came and one who went in the meantime look like nobody: the place is then kept until its time is up.
		const arrived = Math.max(0, load.viewers - this.#viewers);
		const answer = await link.run(BEAT, [
			...[prefix, id, process, ttl, JSON.stringify(load), JSON.stringify(inventory)],
			...[load.viewers, about.capacity, arrived, draining ? 1 : 0, RESERVATION_MS, MAX_NODES],
		]);
		this.#viewers = load.viewers;
		return this.#reader.read(answer);
	}

	#load(): LoadRecord {
		const { load, meter, clock, period } = this.#options;
		const now = clock.now();
		if (now - this.#measuredAt >= period * MEASURED_SHARE) {
			this.#measured = meter.read();
			this.#measuredAt = now;
		}
		const streams = [...load.streams()].sort((a, b) => b.viewers - a.viewers);
		return {
			viewers: streams.reduce((total, { viewers }) => total + viewers, 0),
			bitrate: Math.round(load.bitrate()),
			...this.#measured,
			streams: streams.slice(0, MAX_TOLD_STREAMS),
		};
	}
}
