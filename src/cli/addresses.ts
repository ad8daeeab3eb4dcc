/** What `os.networkInterfaces()` says, as far as it is needed. */
export type Interfaces = Readonly<
	Record<string, readonly { address: string; family: string; internal: boolean }[] | undefined>
>;

/**
 * The URLs at which other machines reach a server that listens on every address; none when it listens on one.
 *
 * @param host the address it listens on
 */
export function lanUrls(host: string, port: number, interfaces: Interfaces): string[] {
	if (host !== '0.0.0.0' && host !== '::') return [];
	return Object.values(interfaces)
		.flatMap((addresses) => addresses ?? [])
		.filter(({ internal }) => !internal)
		.filter(({ family, address }) => family === 'IPv4' || (host === '::' && !address.startsWith('fe80')))
		.map(({ family, address }) => `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`);
}
