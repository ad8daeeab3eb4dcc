import type { Clock } from './base/clock.ts';
import type { Logger } from './base/logger.ts';
import type { StreamSettings } from './config/stream.ts';
import { createRtspSource } from './rtsp/client/rtsp-source.ts';
import type { Source } from './stream/source.ts';

/** The camera of a stream's settings; `version` is Dualcast's, told to cameras as User-Agent. */
export function createCameraSource(
	settings: StreamSettings,
	{ clock, logger, version }: { clock: Clock; logger: Logger; version: string },
): Source {
	return createRtspSource({
		url: settings.source,
		...(settings.credentials ?? {}),
		transport: settings.transport,
		tunnelPath: settings.tunnel_path,
		tls: settings.tls,
		clock,
		logger,
		userAgent: `Dualcast/${version}`,
	});
}
