import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { MAX_CANDIDATES } from '../limits.ts';

const LOOPBACK = '127.0.0.1';
const COMPONENT = 1;
/** Type preferences (RFC 8445 5.1.2.1): host over UDP above host over TCP. */
const HOST_UDP = 126;
const HOST_TCP = 90;
const HIGHEST_LOCAL_PREFERENCE = 65535;

export type CandidateOptions = {
	/** Announced first, in this order. */
	readonly additionalHosts: readonly string[];
	/** The machine's interfaces by name, as `os.networkInterfaces()` gives them. */
	readonly interfaces: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;
	/** Address families a socket is bound for. */
	readonly families: readonly ('IPv4' | 'IPv6')[];
	/** Only this address is bound; the others of the machine are left out. */
	readonly boundTo?: string | undefined;
	readonly udpPort: number;
	readonly tcpPort?: number | undefined;
};

/**
 * Values of `a=candidate` lines (RFC 8839 5.1) without the attribute's name: all host candidates over UDP, then, with
 * a TCP port, the same over TCP as passive ones (RFC 6544). Addresses are: the additional ones, those of the
 * machine's network interfaces, and loopback last, so that a browser on this machine connects without a network.
 */
export function hostCandidates(options: CandidateOptions): string[] {
	const { udpPort, tcpPort } = options;
	const most = tcpPort === undefined ? MAX_CANDIDATES : MAX_CANDIDATES / 2;
	const addresses = hostAddresses(options).slice(0, most);
	const udp = addresses.map((address, index) => line(index, 'udp', priority(HOST_UDP, index), address, udpPort, ''));
	if (tcpPort === undefined) return udp;
	const tcp = addresses.map((address, index) =>
		line(index, 'tcp', priority(HOST_TCP, index), address, tcpPort, ' tcptype passive'),
	);
	return [...udp, ...tcp];
}

function hostAddresses({ additionalHosts, interfaces, families, boundTo }: CandidateOptions): string[] {
	const own = Object.values(interfaces)
		.flatMap((infos) => infos ?? [])
		.filter((info) => !info.internal && families.includes(info.family) && !info.address.startsWith('fe80:'))
		.sort((a, b) => a.family.localeCompare(b.family))
		.map((info) => info.address);
	const loopback = families.includes('IPv4') ? [LOOPBACK] : [];
	const bound = boundTo === undefined ? [...own, ...loopback] : [boundTo];
	return [...new Set([...additionalHosts.filter((host) => isIP(host) !== 0), ...bound])];
}

/** RFC 8445 5.1.2.1; a lower index is preferred. */
function priority(typePreference: number, index: number): number {
	return typePreference * 2 ** 24 + (HIGHEST_LOCAL_PREFERENCE - index) * 2 ** 8 + (256 - COMPONENT);
}

function line(
	index: number,
	transport: 'udp' | 'tcp',
	rank: number,
	address: string,
	port: number,
	extension: string,
): string {
	const foundation = `${transport}${index + 1}`;
	return `${foundation} ${COMPONENT} ${transport} ${rank} ${address} ${port} typ host${extension}`;
}
