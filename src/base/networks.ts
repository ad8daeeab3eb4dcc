import { BlockList, isIP, isIPv4 } from 'node:net';

/** A set of IP addresses and networks (CIDR). An IPv4-mapped IPv6 address counts as the IPv4 address it is. */
export class Networks {
	readonly #ipv4 = new BlockList();
	readonly #ipv6 = new BlockList();

	/** @throws RangeError when one is neither an address nor a network */
	constructor(networks: readonly string[]) {
		for (const text of networks) {
			const network = parseNetwork(text);
			if (!network) throw new RangeError('not an IP address or network');
			const { address, prefix } = network;
			if (isIPv4(address)) this.#ipv4.addSubnet(address, prefix, 'ipv4');
			else this.#ipv6.addSubnet(address, prefix, 'ipv6');
		}
	}

	/** @param address numeric; anything else is in no network */
	has(address: string): boolean {
		const plain = address.replace(/%.*$/, '');
		switch (isIP(plain)) {
			case 4:
				return this.#ipv4.check(plain, 'ipv4');
			case 6:
				return MAPPED.check(plain, 'ipv6') ? this.#ipv4.check(plain, 'ipv6') : this.#ipv6.check(plain, 'ipv6');
			default:
				return false;
		}
	}
}

const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

const NETWORK = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i;

/** Reads `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`; undefined when it is none. */
export function parseNetwork(text: string): { address: string; prefix: number } | undefined {
	const [, address = '', length] = NETWORK.exec(text) ?? [];
	const family = isIP(address);
	const bits = family === 4 ? 32 : 128;
	const prefix = length === undefined ? bits : Number(length);
	return family === 0 || prefix > bits ? undefined : { address, prefix };
}
