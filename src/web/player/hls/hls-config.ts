import type { HlsConfig } from 'hls.js';

const COMMON_CONFIG = {
	liveDurationInfinity: true,
	maxBufferLength: 10,
	startFragPrefetch: true,
	// The supervisor tries again, and shows the cause at once.
	manifestLoadPolicy: {
		default: { maxTimeToFirstByteMs: 20_000, maxLoadTimeMs: 20_000, timeoutRetry: null, errorRetry: null },
	},
	fragLoadPolicy: {
		default: {
			maxTimeToFirstByteMs: 8000,
			maxLoadTimeMs: 20_000,
			timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
			errorRetry: { maxNumRetry: 1, retryDelayMs: 500, maxRetryDelayMs: 1000 },
		},
	},
} as const;

/** For `index.m3u8`. */
export const CLASSIC_CONFIG: Partial<HlsConfig> = {
	...COMMON_CONFIG,
	lowLatencyMode: false,
	backBufferLength: 5,
	// Three segments are all there is: start half a segment inside the oldest, so that two are always ahead.
	liveSyncDurationCount: 2.5,
	// Back from a hidden tab or a stall, jump to live rather than stay behind.
	liveMaxLatencyDurationCount: 4,
};

/** For `ll.m3u8`. How far to stay behind says the playlist, unless it is said here. */
export const LOW_LATENCY_CONFIG: Partial<HlsConfig> = {
	...COMMON_CONFIG,
	lowLatencyMode: true,
	// See `removePlayed`.
	backBufferLength: Number.POSITIVE_INFINITY,
	// One stall must not cost a second for good.
	liveSyncOnStallIncrease: 0.1,
};
