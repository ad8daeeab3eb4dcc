import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { SecureTransport } from '../../src/webrtc/transport/secure-transport.ts';
import type { TransportOptions } from '../../src/webrtc/transport/transport-options.ts';
import type { TransportUnderTest } from '../fakes/secure-transports.ts';

/** A transport on a port of its own that ends with the test. */
export async function startTransport(
	{ create }: Pick<TransportUnderTest, 'create'>,
	options: Partial<TransportOptions> = {},
): Promise<SecureTransport> {
	const transport = await create({
		udpPort: 0,
		additionalHosts: [],
		clock: systemClock,
		logger: silentLogger,
		maxPeers: 20,
		...options,
	});
	onTestFinished(() => transport.close());
	return transport;
}
