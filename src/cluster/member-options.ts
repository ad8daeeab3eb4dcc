import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { SURE_SHARE } from './camera-leases.ts';
import type { NodeLoad, NodeRole } from './cluster.ts';
import type { LoadMeter } from './load-meter.ts';
import type { RevocationList } from './shared-revocations.ts';

/** Share of the time there is in which Redis must answer before it counts as away. */
const PATIENCE = 0.9;

export type MemberOptions = {
	/** Of this node, different on each. */
	readonly id: string;
	readonly role: NodeRole;
	/** See `ClusterNode`. */
	readonly http: string;
	readonly rtsp?: string | undefined;
	/** Viewers. */
	readonly capacity: number;
	/** Of Dualcast. */
	readonly version: string;
	readonly redis: {
		readonly url: string;
		readonly username?: string | undefined;
		readonly password?: string | undefined;
		readonly prefix: string;
	};
	/** Milliseconds between two heartbeats. */
	readonly heartbeat: number;
	/** Milliseconds a node and its leases live without one: at least 2.5 times `heartbeat`. */
	readonly ttl: number;
	/** Streams of this main; empty on a sub. */
	readonly offers: readonly string[];
	readonly load: NodeLoad;
	/** Closed with the member. */
	readonly meter: LoadMeter;
	readonly revocations?: RevocationList | undefined;
	readonly clock: Clock;
	readonly logger: Logger;
	/** In [0, 1). */
	readonly random: () => number;
};

/** What a node tells of itself once and for all. */
export function aboutOf({ role, http, rtsp, capacity, version }: MemberOptions) {
	return { role, http, ...(rtsp !== undefined && { rtsp }), capacity, version };
}

/**
 * Milliseconds without an answer after which Redis counts as away: a lease outlives two questions in a row that are
 * answered at the last moment, and one that is asked a heartbeat later.
 */
export function patienceOf({ ttl, heartbeat }: Pick<MemberOptions, 'ttl' | 'heartbeat'>): number {
	const life = ttl * SURE_SHARE;
	return Math.min(life - heartbeat, life / 2) * PATIENCE;
}
