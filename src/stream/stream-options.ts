import type { BackoffOptions } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Source } from './source.ts';
import type { RetryPause } from './verdict.ts';

export type StreamOptions = {
	id: string;
	source: Source;
	/** False keeps the camera open from the start on. */
	onDemand: boolean;
	/** Milliseconds a first viewer waits for the camera's tracks. */
	startTimeout: number;
	/** Milliseconds between the last viewer's leaving and closing the camera. */
	closeAfter: number;
	/** Milliseconds without a whole picture (sound, where there are none) after which a connected camera counts as failed. */
	stallTimeout: number;
	backoff: BackoffOptions;
	/**
	 * Milliseconds during which a failed start is not tried again: viewers get the known cause at once. The pause after
	 * a permanent failure doubles with each further one until the camera works, up to twenty times.
	 */
	retryPause: RetryPause;
	clock: Clock;
	logger: Logger;
	/** A number in [0, 1). */
	random: () => number;
};
