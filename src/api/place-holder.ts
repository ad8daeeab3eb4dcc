import { isIPv6 } from 'node:net';
import type { Grant } from '../auth/grant.ts';

const GROUPS = 8;
/** Groups of an IPv6 address that name its network; a client chooses the others as it likes. */
const NETWORK_GROUPS = 4;
const MAPPED = /^::ffff:([\d.]+)$/i;

/**
 * For whom a place in the cluster is kept: nobody keeps more places than are left for others. It is a token where one
 * is needed; one without an id by what stands in it, as its letters can be varied. Else it is an address.
 */
export function placeHolder(grant: Grant | undefined, address: string): string {
	if (!grant) return `address ${networkOf(address)}`;
	const { tokenId, subject, issuedAt, expiresAt } = grant;
	return tokenId === undefined ? `subject ${issuedAt} ${expiresAt} ${subject}` : `token ${tokenId}`;
}

/** What one client has: an address of IPv4, a whole network (/64) of IPv6. */
function networkOf(address: string): string {
	const ipv4 = MAPPED.exec(address)?.[1];
	if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address;
	const [head = [], tail = []] = address.split('::').map((side) => side.split(':').filter((group) => group !== ''));
	const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => '0');
	return [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':');
}
