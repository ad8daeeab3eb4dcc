import { randomBytes } from 'node:crypto';
import { answerError } from '../api/problem.ts';
import type { Auth } from '../auth/auth.ts';
import { httpGate } from '../auth/http-gate.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Scope } from '../base/scope.ts';
import type { TrustedProxies } from '../base/trusted-proxies.ts';
import type { Config } from '../config/schema.ts';
import { createHlsServer, type HlsServer } from '../hls/server.ts';
import type { RtspServer } from '../rtsp/server/server.ts';
import { startStreamServer } from '../rtsp/server/stream-server.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import { pooled } from '../webrtc/random.ts';
import { createTransport } from '../webrtc/transport/create-transport.ts';
import { createWebRtcServer, type WebRtcServer } from '../webrtc/webrtc-server.ts';

/** What streams are read by; undefined is switched off. */
export type Outputs = {
	readonly hls: HlsServer | undefined;
	readonly webrtc: WebRtcServer | undefined;
	/** The UDP port of WebRTC media. */
	readonly udpPort: number | undefined;
	readonly rtsp: RtspServer | undefined;
};

type Surroundings = {
	readonly registry: StreamRegistry;
	readonly auth: Auth;
	readonly proxies: TrustedProxies;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly scope: Scope;
};

/** @throws the system's error, with `port`, when a port cannot be had */
export async function openOutputs(config: Config, surroundings: Surroundings): Promise<Outputs> {
	const { scope } = surroundings;
	const hls = config.hls.enabled ? openHls(config, surroundings) : undefined;
	if (hls) scope.defer(() => hls.close());
	const media = config.webrtc.enabled ? await openWebRtc(config.webrtc, surroundings) : undefined;
	const rtsp = config.rtsp_server.enabled ? await openRtsp(config.rtsp_server, surroundings) : undefined;
	if (rtsp) scope.defer(() => rtsp.close());
	return { hls, webrtc: media?.webrtc, udpPort: media?.port, rtsp };
}

function openHls({ hls, on_demand: onDemand }: Config, surroundings: Surroundings): HlsServer {
	const { registry: directory, auth, proxies, clock, logger } = surroundings;
	return createHlsServer({
		directory,
		clock,
		logger: logger.child({ output: 'hls' }),
		segmentDuration: hls.segment_duration / 1000,
		segmentCount: hls.segment_count,
		container: hls.variant,
		...(hls.low_latency.enabled && { partDuration: hls.low_latency.part_duration / 1000 }),
		cleanupThreshold: hls.cleanup_threshold,
		outputDir: hls.output_dir,
		enableCompression: hls.enable_compression,
		idleTimeout: hls.idle_timeout,
		startTimeout: onDemand.start_timeout,
		clientOf: (request) => proxies.clientOfRequest(request),
		gate: auth.access.isPublic ? undefined : httpGate(auth.access, 'hls', proxies),
		answerError,
	});
}

async function openWebRtc(
	settings: Config['webrtc'],
	{ registry: directory, clock, logger: parent, scope }: Surroundings,
): Promise<{ webrtc: WebRtcServer; port: number }> {
	const logger = parent.child({ output: 'webrtc' });
	const random = pooled(randomBytes);
	const transport = await createTransport({
		transport: settings.transport,
		threads: settings.threads ?? undefined,
		udpPort: settings.udp_port,
		tcpPort: settings.tcp_port ?? undefined,
		additionalHosts: [...settings.additional_hosts],
		clock,
		logger,
		maxPeers: settings.max_sessions,
		random,
	});
	scope.defer(() => transport.close());
	const { max_sessions: maxSessions } = settings;
	const webrtc = createWebRtcServer({ directory, transport, clock, logger, maxSessions, randomBytes: random });
	scope.defer(() => webrtc.close());
	return { webrtc, port: transport.port };
}

function openRtsp(
	{
		host,
		port,
		udp,
		udp_port: udpPort,
		mtu,
		max_connections: maxConnections,
		username,
		password,
	}: Config['rtsp_server'],
	{ registry: directory, auth, clock, logger }: Surroundings,
): Promise<RtspServer> {
	return startStreamServer({
		directory,
		host,
		port,
		udpPort: udp ? udpPort : 'off',
		mtu,
		maxConnections,
		admit: auth.access.isPublic
			? undefined
			: async (caller, stream, end) => {
					const grant = await auth.access.authorize({ ...caller, protocol: 'rtsp' }, { action: 'read', stream });
					return grant ? auth.sessions.add(grant, end) : () => {};
				},
		credentials: username !== null && password !== null ? { username, password } : undefined,
		clock,
		logger: logger.child({ output: 'rtsp' }),
		randomBytes,
	});
}
