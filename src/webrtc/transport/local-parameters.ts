import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { toError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { hostCandidates } from './candidates.ts';
import type { IceCredentials } from './ice-lite.ts';
import { INTERFACES_MS } from './limits.ts';
import type { LocalParameters } from './secure-transport.ts';

/** Where a transport can be reached, and by which certificate it is known. */
export type Reachable = {
	readonly fingerprint: string;
	/** Addresses under which the gateway is reachable besides those of its interfaces. */
	readonly additionalHosts: readonly string[];
	/** The only address that is bound; every one of the machine when left out. */
	readonly host?: string | undefined;
	/** Address families a UDP socket is bound for. */
	readonly families: readonly ('IPv4' | 'IPv6')[];
	readonly udpPort: number;
	readonly tcpPort: number | undefined;
};

/** What goes into viewers' answers. The machine's interfaces are looked at from time to time, not for each viewer. */
export class LocalSide {
	readonly #clock: Clock;
	readonly #describe: () => Reachable;
	#candidates: readonly string[] = [];
	#candidatesAt = Number.NEGATIVE_INFINITY;

	/** @param describe asked when viewers come */
	constructor(clock: Clock, describe: () => Reachable) {
		this.#clock = clock;
		this.#describe = describe;
	}

	parameters(credentials: IceCredentials): LocalParameters {
		const reachable = this.#describe();
		const now = this.#clock.now();
		if (now - this.#candidatesAt >= INTERFACES_MS) {
			const { host: boundTo } = reachable;
			this.#candidates = hostCandidates({ ...reachable, boundTo, interfaces: networkInterfaces() });
			this.#candidatesAt = now;
		}
		return { ...credentials, fingerprint: reachable.fingerprint, candidates: this.#candidates };
	}
}

/** Addresses of the hosts; browsers do not look up names in candidates. A name that cannot be found is left out. */
export async function resolveHosts(hosts: readonly string[], logger: Logger): Promise<string[]> {
	const found = hosts.map(async (host) => {
		if (isIP(host) !== 0) return [host];
		try {
			return (await lookup(host, { all: true })).map(({ address }) => address);
		} catch (error) {
			logger.warn({ host, error: toError(error).message }, 'additional host not found, no candidate is made for it');
			return [];
		}
	});
	return (await Promise.all(found)).flat();
}
