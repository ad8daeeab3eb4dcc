import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { StreamSettings } from '../config/stream.ts';
import { CameraPlaces } from '../rtsp/client/camera-places.ts';
import { createRtspSource } from '../rtsp/client/rtsp-source.ts';
import type { Source } from '../stream/source.ts';

export type CameraSurroundings = {
	clock: Clock;
	logger: Logger;
	version: string;
	places?: CameraPlaces | undefined;
};

/** Where the user himself says cameras are. */
const ANYWHERE = new CameraPlaces({ allowed: [], local: true });

/**
 * The camera of a stream's settings.
 *
 * @param surroundings `version` is Dualcast's, told to cameras as User-Agent
 */
export function createCameraSource(
	settings: StreamSettings,
	{ clock, logger, version, places = ANYWHERE }: CameraSurroundings,
): Source {
	return createRtspSource({
		url: settings.source,
		...(settings.credentials ?? {}),
		transport: settings.transport,
		tunnelPath: settings.tunnel_path,
		tls: settings.tls,
		places,
		clock,
		logger,
		userAgent: `Dualcast/${version}`,
	});
}
