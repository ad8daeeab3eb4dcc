import type { Clock } from '../../../base/clock.ts';
import type { SourceTransport } from '../../../stream/source.ts';
import type { RtspConnection } from '../connection.ts';
import { InterleavedTransport } from './interleaved-transport.ts';
import type { MediaTransport } from './media-transport.ts';
import { MulticastTransport } from './multicast-transport.ts';
import { UdpTransport } from './udp-transport.ts';

/** The way of the media beside, or within, a connection. */
export function openTransport(transport: SourceTransport, connection: RtspConnection, clock: Clock): MediaTransport {
	const { remoteAddress, localAddress } = connection;
	switch (transport) {
		case 'udp':
			return new UdpTransport({ remoteAddress, localAddress, clock });
		case 'multicast':
			return new MulticastTransport({ remoteAddress, localAddress, clock });
		default:
			return new InterleavedTransport(connection);
	}
}
