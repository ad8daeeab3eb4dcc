import { join } from 'node:path';
import { type ApiOptions, createApi } from '../../../src/api/api.ts';
import type { LogFacts, Logger } from '../../../src/base/logger.ts';
import { fakeHls, fakeStreams, fakeWebRtc } from './fake-ports.ts';

/** A logger that keeps what it was told. */
export function recordingLogger(lines: { facts: LogFacts; message: string }[]): Logger {
	const keep = (facts: LogFacts, message: string) => void lines.push({ facts, message });
	const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
	return logger;
}

/** The API over fakes. */
export function createFixture(overrides: Partial<ApiOptions> = {}) {
	const log: { facts: LogFacts; message: string }[] = [];
	const webrtc = fakeWebRtc();
	const app = createApi({
		streams: fakeStreams(),
		hls: fakeHls(),
		webrtc,
		readiness: { problems: () => [] },
		webRoot: join(import.meta.dirname, 'no-such-folder'),
		logger: recordingLogger(log),
		iceServers: [],
		version: '1.2.3',
		...overrides,
	});
	return { app, webrtc, log };
}
