import { isIP } from 'node:net';
import type { HttpRequest } from './http-exchange.ts';
import { Networks } from './networks.ts';

/** Reverse proxies whose word about who asks is believed. */
export class TrustedProxies {
	readonly #networks: Networks;

	/** @param networks addresses and networks; empty: nobody is believed */
	constructor(networks: readonly string[]) {
		this.#networks = new Networks(networks);
	}

	has(address: string): boolean {
		return this.#networks.has(address);
	}

	/** The address of who asks; empty once the connection is gone. */
	clientOfRequest({ socket, headers }: Pick<HttpRequest, 'socket' | 'headers'>): string {
		const forwarded = headers['x-forwarded-for'];
		return this.clientOf(socket.remoteAddress ?? '', forwarded && String(forwarded));
	}

	/**
	 * Who asks: the last one in the chain of `X-Forwarded-For` that is no trusted proxy itself.
	 *
	 * @param remote of the connection
	 * @param forwarded the header, whose last entry the nearest proxy wrote
	 */
	clientOf(remote: string, forwarded: string | undefined): string {
		if (forwarded === undefined || !this.has(remote)) return remote;
		let client = remote;
		for (const entry of forwarded.split(',').reverse()) {
			const address = entry.trim();
			if (isIP(address) === 0) return client;
			client = address;
			if (!this.has(address)) return client;
		}
		return client;
	}
}
