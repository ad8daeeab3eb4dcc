import { loadNativeAddon } from '../../src/webrtc/transport/native/addon.ts';
import { createNativeTransport } from '../../src/webrtc/transport/native/native-transport.ts';
import type { SecureTransport, TransportName } from '../../src/webrtc/transport/secure-transport.ts';
import type { TransportOptions } from '../../src/webrtc/transport/transport-options.ts';
import { createTypescriptTransport } from '../../src/webrtc/transport/typescript-transport.ts';

/** A transport to be tested. */
export type TransportUnderTest = {
	readonly name: TransportName;
	create(options: TransportOptions): Promise<SecureTransport>;
};

const addon = loadNativeAddon();
if (typeof addon === 'string') {
	const message = `the native transport is not tested: ${addon}`;
	if (process.env.CI) throw new Error(message);
	process.stderr.write(`${message}\n`);
}

/** The C++ transport, where it is built. */
export const nativeAddon = typeof addon === 'string' ? undefined : addon;

/** Every transport that this machine has, for `describe.each`. */
export const secureTransports: readonly TransportUnderTest[] = [
	{ name: 'typescript', create: createTypescriptTransport },
	...(nativeAddon === undefined
		? []
		: [
				{
					name: 'native' as const,
					create: (options: TransportOptions) => createNativeTransport({ ...options, addon: nativeAddon, threads: 2 }),
				},
			]),
];
