/** Where a viewer may reach us, as it was offered. */
export type OfferedAddress = {
	readonly transport: string;
	/** An IPv6 address has no brackets. */
	readonly address: string;
	readonly port: string;
};

/** Of `a=candidate` (RFC 8839 section 5.1): transport, address, port. */
const CANDIDATE = /^\S+ \d+ (\S+) \d+ (\S+) (\d+) /;

/** @param candidates values of `a=candidate` lines */
export function offeredAddresses(candidates: readonly string[]): OfferedAddress[] {
	return candidates.flatMap((candidate) => {
		const [, transport, address, port] = CANDIDATE.exec(candidate) ?? [];
		return transport === undefined || address === undefined || port === undefined ? [] : [{ transport, address, port }];
	});
}

/** As `udp 192.0.2.1:8189` or `tcp [2001:db8::1]:8190`. */
export function addressText({ transport, address, port }: OfferedAddress): string {
	return `${transport} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}
