import type { Clock } from '../../base/clock.ts';
import { DualcastError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { RandomBytes } from '../random.ts';
import type { HostLookup } from './ice/additional-hosts.ts';
import { MAX_ADDRESSES_PER_PEER, TCP_CONNECTIONS_PER_PEER } from './limits.ts';

/** What every secure transport is made from. */
export type TransportOptions = {
	/** The address to bind; every address of the machine, IPv4 and IPv6, when left out. */
	readonly host?: string | undefined;
	/** 0 lets the system choose. */
	readonly udpPort: number;
	/** No TCP when left out; 0 lets the system choose. */
	readonly tcpPort?: number | undefined;
	/** Addresses or names under which the gateway is reachable besides those of its interfaces. */
	readonly additionalHosts: readonly string[];
	/** Addresses of a name; the system's resolver by default. */
	readonly lookup?: HostLookup;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly maxPeers: number;
	/** Cryptographically strong; the system's by default. */
	readonly random?: RandomBytes;
};

/** Every address of the machine. */
export const ANY_IPV4 = '0.0.0.0';
export const ANY_IPV6 = '::';

/** @throws DualcastError `too_many_sessions` when there is no place for one more, `stream_closed` after closing */
export function assertPlace(peers: number, maxPeers: number, closed: boolean): void {
	if (closed) throw new DualcastError('stream_closed', 'the gateway is shutting down');
	if (peers < maxPeers) return;
	throw new DualcastError('too_many_sessions', `all ${maxPeers} places for WebRTC viewers are taken; try again later`);
}

/** Connections of one TCP port: when one viewer has the most it may, there are still those of all others. */
export function maxTcpConnections(maxPeers: number): number {
	return maxPeers * TCP_CONNECTIONS_PER_PEER + MAX_ADDRESSES_PER_PEER;
}
