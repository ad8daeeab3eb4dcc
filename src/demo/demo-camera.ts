import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { RtspServer } from '../rtsp/server/server.ts';
import { readClip } from './clip.ts';
import { ClipPresentation } from './clip-presentation.ts';

export type DemoCameraOptions = {
	/** An MP4 file as `readClip` takes it. */
	readonly clipPath: string;
	readonly clock: Clock;
	readonly logger: Logger;
	/** An IP address to listen on. */
	readonly host: string;
};

/** A running camera. */
export type DemoCamera = {
	/** `rtsp://127.0.0.1:PORT/demo`, on a port the system chose. */
	readonly url: string;
	/** Idempotent. */
	close(): Promise<void>;
};

const PATH = 'demo';

/**
 * Starts an RTSP camera that shows a clip in a loop, on a server of its own.
 *
 * @throws Error when the clip cannot be read or no port is free
 */
export async function startDemoCamera(options: DemoCameraOptions): Promise<DemoCamera> {
	const { clipPath, clock, logger, host } = options;
	const clip = readClip(await readFile(clipPath));
	const presentation = new ClipPresentation('Dualcast demo', clip, clock, () => randomBytes(4).readUInt32BE());
	const server = await RtspServer.listen({
		host,
		port: 0,
		presentations: { open: async (path) => (path === PATH ? presentation : undefined) },
		clock,
		logger,
		randomBytes,
	});
	return {
		url: `rtsp://${host.includes(':') ? `[${host}]` : host}:${server.port}/${PATH}`,
		close: () => server.close(),
	};
}
