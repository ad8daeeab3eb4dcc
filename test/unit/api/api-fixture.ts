import { join } from 'node:path';
import { type ApiOptions, createApi } from '../../../src/api/api.ts';
import { Auth, type AuthSettings } from '../../../src/auth/auth.ts';
import type { TokenRequest } from '../../../src/auth/token-issuer.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { LogFacts, Logger } from '../../../src/base/logger.ts';
import { fakeHls, fakeStreams, fakeWebRtc } from './fake-ports.ts';

/** A logger that keeps what it was told. */
export function recordingLogger(lines: { facts: LogFacts; message: string }[]): Logger {
	const keep = (facts: LogFacts, message: string) => void lines.push({ facts, message });
	const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
	return logger;
}

/** Tokens as configured by default, or otherwise. */
export function testAuth(settings: Partial<AuthSettings> = {}): Auth {
	const defaults = {
		issuer: 'dualcast',
		audience: 'dualcast',
		lifetime: 3600,
		openIssuing: false,
		apiKeys: [],
		classes: {},
	};
	const logger = recordingLogger([]);
	return new Auth(
		{ read: 'public', ...defaults, classCodes: {}, issuers: [], ...settings },
		{ clock: systemClock, logger },
	);
}

/** `Authorization` of somebody with a token of this installation; by default a student who may read nothing. */
export async function bearerOf(auth: Auth, changes: Partial<TokenRequest> = {}): Promise<string> {
	const student = { subject: 'ann', role: 'student', actions: ['read'], streams: [], lifetime: 600 } as const;
	return `Bearer ${(await auth.issue({ ...student, ...changes })).token}`;
}

/** The API over fakes. */
export function createFixture(overrides: Partial<ApiOptions> = {}) {
	const log: { facts: LogFacts; message: string }[] = [];
	const webrtc = fakeWebRtc();
	const app = createApi({
		streams: fakeStreams(),
		hls: fakeHls(),
		webrtc,
		auth: testAuth(),
		probe: undefined,
		readiness: { problems: () => [] },
		webRoot: join(import.meta.dirname, 'no-such-folder'),
		logger: recordingLogger(log),
		iceServers: [],
		version: '1.2.3',
		...overrides,
	});
	return { app, webrtc, log };
}
