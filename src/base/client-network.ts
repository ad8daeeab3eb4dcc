import { isIPv6 } from 'node:net';

const GROUPS = 8;
/** Groups of an IPv6 address that name its network; a client chooses the others as it likes. */
const NETWORK_GROUPS = 4;
const MAPPED = /^::ffff:([\d.]+)$/i;

/** What one client has: an address of IPv4, a whole network (/64) of IPv6. */
export function networkOf(address: string): string {
	const ipv4 = MAPPED.exec(address)?.[1];
	if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address;
	const [head = [], tail = []] = address.split('::').map((side) => side.split(':').filter((group) => group !== ''));
	const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => '0');
	return [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':');
}
