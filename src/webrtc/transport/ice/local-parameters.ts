import { networkInterfaces } from 'node:os';
import type { Clock } from '../../../base/clock.ts';
import { INTERFACES_MS } from '../limits.ts';
import type { LocalParameters } from '../secure-transport.ts';
import { hostCandidates } from './candidates.ts';
import type { IceCredentials } from './ice-lite.ts';

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
	#fingerprint = '';
	#candidates: readonly string[] = [];
	#lookedAt = Number.NEGATIVE_INFINITY;

	/** @param describe asked when viewers come, and then from time to time */
	constructor(clock: Clock, describe: () => Reachable) {
		this.#clock = clock;
		this.#describe = describe;
	}

	parameters({ ufrag, password }: IceCredentials): LocalParameters {
		const now = this.#clock.now();
		if (now - this.#lookedAt >= INTERFACES_MS) this.#look(now);
		return { ufrag, password, fingerprint: this.#fingerprint, candidates: this.#candidates };
	}

	#look(now: number): void {
		const reachable = this.#describe();
		this.#fingerprint = reachable.fingerprint;
		this.#candidates = hostCandidates({ ...reachable, boundTo: reachable.host, interfaces: networkInterfaces() });
		this.#lookedAt = now;
	}
}
