import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Credentials } from '../../base/rtsp-url.ts';
import { readUint32 } from '../../media/bytes/big-endian.ts';
import type { StreamDirectory } from '../../stream/reader.ts';
import { DigestGuard } from './digest-guard.ts';
import { StreamPresentations } from './from-stream.ts';
import type { RequestGuardFactory } from './request-guard.ts';
import { RtspServer, type ServerCertificate } from './server.ts';
import { type Admission, TokenGuard } from './token-guard.ts';

export type StreamServerOptions = {
	readonly directory: StreamDirectory;
	/** An IP address to listen on. */
	readonly host: string;
	/** 0 takes a free one. */
	readonly port: number;
	/** With it the streams are given over TLS only. */
	readonly tls?: ServerCertificate | undefined;
	/** The even one of two; 0 takes free ones, `off` is TCP only. */
	readonly udpPort: number | 'off';
	/** Bytes of an IP packet at most. */
	readonly mtu: number;
	readonly maxConnections: number;
	/** One user name and password for all; with neither this nor `admit` everybody may read. */
	readonly credentials: Credentials | undefined;
	/** Decides for each client and stream, where there are no `credentials`. */
	readonly admit?: Admission | undefined;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly randomBytes: (length: number) => Uint8Array;
};

/** Bytes of IPv6 and UDP headers. */
const IP_UDP = 48;

/**
 * Offers the streams by RTSP, each at the path of its id.
 *
 * @throws the bind error
 */
export function startStreamServer(options: StreamServerOptions): Promise<RtspServer> {
	const { directory, mtu, credentials, admit, clock, randomBytes, ...listening } = options;
	const guard: RequestGuardFactory | undefined = credentials
		? () => new DigestGuard({ credentials, clock, randomBytes })
		: admit && ((address, end) => new TokenGuard(admit, address, end));
	const random32 = () => readUint32(randomBytes(4), 0);
	return RtspServer.listen({
		...listening,
		clock,
		randomBytes,
		presentations: new StreamPresentations({ directory, maxPacket: mtu - IP_UDP, random32 }),
		...(guard && { guard }),
	});
}
