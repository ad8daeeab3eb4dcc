import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import type { DemoCamera } from '../demo/demo-camera.ts';
import type { CameraPlaces } from '../rtsp/client/camera-places.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Source } from '../stream/source.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import { createCameraSource } from './camera-source.ts';

/** Media of a camera that is connected may stop for so long before it counts as failed. */
const STALL_TIMEOUT_MS = 8_000;
const RECONNECT_BACKOFF_MS = { first: 500, cap: 8_000 };
const RETRY_PAUSE_MS = { transient: 1_000, permanent: 30_000 };

/** What all streams have in common. */
export type StreamSettings = Omit<StreamOptions, 'id' | 'source' | 'onDemand' | 'logger'>;

export function streamSettings({ on_demand: onDemand }: Config, clock: Clock): StreamSettings {
	return {
		startTimeout: onDemand.start_timeout,
		closeAfter: onDemand.close_after,
		stallTimeout: STALL_TIMEOUT_MS,
		backoff: RECONNECT_BACKOFF_MS,
		retryPause: RETRY_PAUSE_MS,
		clock,
		random: Math.random,
	};
}

export type CameraTools = {
	readonly registry: StreamRegistry;
	readonly demo: DemoCamera | undefined;
	/** Where cameras may be. */
	readonly places: CameraPlaces;
	readonly settings: StreamSettings;
	readonly logger: Logger;
	/** Of Dualcast. */
	readonly version: string;
	/** What becomes of a camera before it is a stream's source. */
	readonly own: (stream: string, camera: Source) => Source;
};

/** Adds the streams of the configuration. */
export function addCameras(streams: Config['streams'], tools: CameraTools): void {
	const { registry, demo, places, settings, version, own } = tools;
	const { clock } = settings;
	for (const [id, entry] of Object.entries(streams)) {
		const logger = tools.logger.child({ stream: id });
		const isDemo = entry.source === 'demo';
		const address = isDemo && demo ? { ...entry, source: demo.url } : entry;
		const camera = createCameraSource(address, { clock, logger, version, places: isDemo ? undefined : places });
		const source: Source = isDemo ? { label: 'demo', run: (sink, signal) => camera.run(sink, signal) } : camera;
		registry.add({ ...settings, id, source: own(id, source), onDemand: entry.on_demand, logger });
	}
}
