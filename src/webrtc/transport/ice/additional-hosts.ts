import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock, Timer } from '../../../base/clock.ts';
import { toError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import { HOST_LOOKUP_PERIOD_MS } from '../limits.ts';

/** Addresses of a name. */
export type HostLookup = (name: string) => Promise<readonly string[]>;

export type AdditionalHostsOptions = {
	/** Addresses or names. */
	readonly additionalHosts: readonly string[];
	readonly clock: Clock;
	readonly logger: Logger;
	/** The system's resolver by default. */
	readonly lookup?: HostLookup;
};

type Host = { readonly name: string; addresses: readonly string[]; failure: string | undefined };

/**
 * Addresses of hosts; browsers do not look up names in candidates. Names are looked up from time to time: one may fail
 * while the machine starts, and its address may change. What was found last serves until something else is.
 */
export class AdditionalHosts {
	readonly #options: AdditionalHostsOptions;
	readonly #hosts: readonly Host[];
	#timer: Timer | undefined;
	#closed = false;

	private constructor(options: AdditionalHostsOptions) {
		this.#options = options;
		this.#hosts = options.additionalHosts.map((name) => {
			return { name, addresses: isIP(name) === 0 ? [] : [name], failure: undefined };
		});
	}

	/** Resolves when every name was looked up once. */
	static async find(options: AdditionalHostsOptions): Promise<AdditionalHosts> {
		const hosts = new AdditionalHosts(options);
		await Promise.all(hosts.#names.map((host) => hosts.#look(host)));
		hosts.#schedule();
		return hosts;
	}

	/** Of the hosts that were found, in the order of the hosts. */
	get addresses(): readonly string[] {
		return this.#hosts.flatMap(({ addresses }) => addresses);
	}

	close(): void {
		this.#closed = true;
		this.#timer?.cancel();
	}

	get #names(): readonly Host[] {
		return this.#hosts.filter(({ name }) => isIP(name) === 0);
	}

	#schedule(): void {
		if (this.#closed || this.#names.length === 0) return;
		this.#timer = this.#options.clock.after(HOST_LOOKUP_PERIOD_MS, () => void this.#lookAgain());
	}

	/** One name after the other: each takes one of the few threads that files are read with, too. */
	async #lookAgain(): Promise<void> {
		for (const host of this.#names) {
			if (!this.#closed) await this.#look(host);
		}
		this.#schedule();
	}

	async #look(host: Host): Promise<void> {
		const { lookup = lookUpBySystem, logger } = this.#options;
		const { name } = host;
		try {
			const addresses = await lookup(name);
			if (this.#closed) return;
			if (host.failure !== undefined) logger.info({ host: name, addresses }, 'additional host found');
			host.addresses = addresses;
			host.failure = undefined;
		} catch (error) {
			const { message } = toError(error);
			if (this.#closed || message === host.failure) return;
			host.failure = message;
			logger.warn(
				{ host: name, error: message },
				host.addresses.length === 0
					? 'additional host not found, no candidate is made for it'
					: 'additional host not found, its last addresses are kept',
			);
		}
	}
}

async function lookUpBySystem(name: string): Promise<string[]> {
	return (await systemLookup(name, { all: true })).map(({ address }) => address);
}
