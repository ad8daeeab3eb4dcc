import { isIPv6 } from 'node:net';
import { addressText, offeredAddresses } from '../sdp/offered-addresses.ts';

/** Both ends of a viewer's connection, as `udp 192.0.2.1:8189`; nothing before they are known. */
export type CandidatePair = { remote?: string; local?: string };

const REMOTE = /^(\S+) (?:\[(.+)\]|(.+)):\d+$/;
const LOOPBACK = /^(?:127\.|::1$)/;

/**
 * The pair that was nominated. A socket of all addresses does not tell at which one a datagram arrived: the local one is
 * the only address we offered that can be meant, or `*` and the port where there are several.
 *
 * @param remote as `udp 192.0.2.7:5000`
 * @param candidates values of our `a=candidate` lines
 */
export function candidatePair({ remote }: { readonly remote?: string }, candidates: readonly string[]): CandidatePair {
	if (remote === undefined) return {};
	const [, transport = '', ipv6, address = ipv6 ?? ''] = REMOTE.exec(remote) ?? [];
	const offered = offeredAddresses(candidates).filter((each) => each.transport === transport);
	const [any] = offered;
	if (!any) return { remote };
	const [meant, ...others] = offered.filter((each) => reaches(address, each.address));
	return { remote, local: addressText(meant && others.length === 0 ? meant : { ...any, address: '*' }) };
}

/** Of one family, and loopback (RFC 1122 3.2.1.3) with loopback alone. */
function reaches(from: string, to: string): boolean {
	return isIPv6(from) === isIPv6(to) && LOOPBACK.test(from) === LOOPBACK.test(to);
}
