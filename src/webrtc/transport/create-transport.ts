import { availableParallelism } from 'node:os';
import { loadNativeAddon, type NativeAddon } from './native/addon.ts';
import { createNativeTransport } from './native/native-transport.ts';
import type { SecureTransport, TransportName } from './secure-transport.ts';
import type { TransportOptions } from './transport-options.ts';
import { createTypescriptTransport } from './typescript-transport.ts';

export type TransportChoice = TransportOptions & {
	/** `auto`: the native one where it is built. */
	readonly transport: 'auto' | TransportName;
	/** Threads of the native one that encrypt and send; one fewer than the processor runs at once when left out. */
	readonly threads?: number | undefined;
	/** Where the native one comes from, or why it cannot be had. */
	readonly load?: () => NativeAddon | string;
};

/**
 * The secure transport that was chosen, and a line in the log that says which.
 *
 * @throws Error when the native one is asked for and cannot be had, and the system's when a port cannot be bound
 */
export async function createTransport(options: TransportChoice): Promise<SecureTransport> {
	const { transport, logger, load = loadNativeAddon } = options;
	const { threads = Math.max(1, availableParallelism() - 1) } = options;
	const addon = transport === 'typescript' ? undefined : load();
	if (typeof addon === 'object') {
		const created = await createNativeTransport({ ...options, addon, threads });
		logger.info({ transport: created.name, threads, gcm: addon.gcm }, 'WebRTC by the native transport');
		return created;
	}
	if (transport === 'native') throw new Error(`webrtc.transport is native, and ${addon}`);
	const created = await createTypescriptTransport(options);
	logger.info(
		{ transport: created.name, ...(addon !== undefined && { reason: addon }) },
		addon === undefined
			? 'WebRTC by the TypeScript transport'
			: 'WebRTC by the TypeScript transport: the native one cannot be used',
	);
	return created;
}
