import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createApi } from './api/api.ts';
import { answerError } from './api/problem.ts';
import { createStreamView } from './api/stream-view.ts';
import { Auth } from './auth/auth.ts';
import { httpGate } from './auth/http-gate.ts';
import { type Clock, systemClock } from './base/clock.ts';
import type { Logger } from './base/logger.ts';
import { Scope } from './base/scope.ts';
import { createCameraSource } from './camera-source.ts';
import type { Config } from './config/schema.ts';
import { type DemoCamera, startDemoCamera } from './demo/demo-camera.ts';
import { createHlsServer } from './hls/server.ts';
import { ProbeDesk } from './probe/probe-desk.ts';
import type { RtspServer } from './rtsp/server/server.ts';
import { startStreamServer } from './rtsp/server/stream-server.ts';
import { StreamRegistry } from './stream/registry.ts';
import { createTypescriptTransport } from './webrtc/transport/typescript-transport.ts';
import { createWebRtcServer } from './webrtc/webrtc-server.ts';

/** Media of a camera that is connected may stop for so long before it counts as failed. */
const STALL_TIMEOUT_MS = 8_000;
const RECONNECT_BACKOFF_MS = { first: 500, cap: 8_000 };
const RETRY_PAUSE_MS = { transient: 1_000, permanent: 30_000 };
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;

export type GatewayOptions = {
	logger: Logger;
	/** For the API and for cameras (User-Agent). */
	version: string;
	clock?: Clock;
};

/** A running Dualcast. */
export type Gateway = {
	/** Where this machine reaches it. */
	readonly url: string;
	readonly httpPort: number;
	/** The UDP port of WebRTC media; undefined when WebRTC is switched off. */
	readonly udpPort: number | undefined;
	/** Ends viewers, tells cameras, closes ports; waits for all of it. Idempotent. */
	close(): Promise<void>;
};

/**
 * Builds everything in order and closes it in reverse.
 *
 * @throws Error with `code` `EADDRINUSE` (or another system code) and `port` when a port cannot be had
 */
export async function startGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
	const scope = new Scope();
	try {
		return await build(config, options, scope);
	} catch (error) {
		await scope.close();
		throw error;
	}
}

async function build(config: Config, options: GatewayOptions, scope: Scope): Promise<Gateway> {
	const { logger, version, clock = systemClock } = options;

	// The port is taken first: a second start by mistake fails before it has touched a camera.
	const http = createServer({
		requestTimeout: REQUEST_TIMEOUT_MS,
		headersTimeout: HEADERS_TIMEOUT_MS,
		maxHeaderSize: MAX_HEADER_BYTES,
	});
	await listen(http, config.server.port, config.server.host);
	scope.defer(() => shut(http));

	const auth = await buildAuth(config.auth, clock, logger.child({ part: 'auth' }));
	scope.defer(() => auth.close());

	const demo = await startDemo(config, { clock, logger, scope });
	const registry = new StreamRegistry();
	scope.defer(() => registry.close());
	for (const [id, settings] of Object.entries(config.streams)) {
		const log = logger.child({ stream: id });
		const isDemo = settings.source === 'demo';
		const address = isDemo && demo ? { ...settings, source: demo.url } : settings;
		const camera = createCameraSource(address, { clock, logger: log, version });
		registry.add({
			id,
			source: isDemo ? { label: 'demo', run: (sink, signal) => camera.run(sink, signal) } : camera,
			onDemand: settings.on_demand,
			startTimeout: config.on_demand.start_timeout,
			closeAfter: config.on_demand.close_after,
			stallTimeout: STALL_TIMEOUT_MS,
			backoff: RECONNECT_BACKOFF_MS,
			retryPause: RETRY_PAUSE_MS,
			clock,
			logger: log,
			random: Math.random,
		});
	}

	const hls = config.hls.enabled
		? createHlsServer({
				directory: registry,
				clock,
				logger: logger.child({ output: 'hls' }),
				segmentDuration: config.hls.segment_duration / 1000,
				segmentCount: config.hls.segment_count,
				container: config.hls.variant,
				...(config.hls.low_latency.enabled && { partDuration: config.hls.low_latency.part_duration / 1000 }),
				cleanupThreshold: config.hls.cleanup_threshold,
				outputDir: config.hls.output_dir,
				enableCompression: config.hls.enable_compression,
				idleTimeout: config.hls.idle_timeout,
				startTimeout: config.on_demand.start_timeout,
				gate: auth.access.isPublic ? undefined : httpGate(auth.access, 'hls'),
				answerError,
			})
		: undefined;
	if (hls) scope.defer(() => hls.close());

	const transport = config.webrtc.enabled
		? await createTypescriptTransport({
				udpPort: config.webrtc.udp_port,
				tcpPort: config.webrtc.tcp_port ?? undefined,
				additionalHosts: [...config.webrtc.additional_hosts],
				clock,
				logger: logger.child({ output: 'webrtc' }),
				maxPeers: config.webrtc.max_sessions,
				random: randomBytes,
			})
		: undefined;
	if (transport) scope.defer(() => transport.close());
	const webrtc = transport
		? createWebRtcServer({
				directory: registry,
				transport,
				clock,
				logger: logger.child({ output: 'webrtc' }),
				maxSessions: config.webrtc.max_sessions,
				randomBytes,
			})
		: undefined;
	if (webrtc) scope.defer(() => webrtc.close());

	const rtsp = await startRtsp(config.rtsp_server, { registry, auth, clock, logger: logger.child({ output: 'rtsp' }) });
	if (rtsp) scope.defer(() => rtsp.close());

	const probes = new ProbeDesk(clock);
	scope.defer(() => probes.close());
	const probeLog = logger.child({ part: 'probe' });

	let closing = false;
	const app = createApi({
		streams: createStreamView({ registry, clock, hls, webrtc, rtsp }),
		hls,
		webrtc,
		probe: config.probe.enabled
			? {
					run: (camera, signal) => probes.run(createCameraSource(camera, { clock, logger: probeLog, version }), signal),
				}
			: undefined,
		auth,
		readiness: { problems: () => (closing ? ['shutting down'] : []) },
		webRoot: fileURLToPath(new URL('./web', import.meta.url)),
		iceServers: config.webrtc.ice_servers,
		logger: logger.child({ output: 'api' }),
		version,
	});
	http.on('request', (request, response) => {
		if (hls?.handle(request, response)) return;
		app(request, response);
	});

	const { port } = http.address() as AddressInfo;
	return {
		url: `http://${reachableHost(config.server.host)}:${port}/`,
		httpPort: port,
		udpPort: transport?.port,
		close: () => {
			closing = true;
			return scope.close();
		},
	};
}

async function buildAuth(settings: Config['auth'], clock: Clock, logger: Logger): Promise<Auth> {
	const { secret, key_file: keyFile } = settings;
	return new Auth(
		{
			read: settings.read,
			secret: secret ?? undefined,
			privateKey: keyFile === null ? undefined : await readFile(keyFile, 'utf8'),
			issuer: settings.issuer,
			audience: settings.audience,
			lifetime: settings.lifetime / 1000,
			openIssuing: settings.open_issuing,
			apiKeys: settings.api_keys,
			classes: settings.classes,
			classCodes: settings.class_codes,
			issuers: settings.issuers.map(({ jwks_url: keySetUrl, ...issuer }) => ({ ...issuer, keySetUrl })),
			http: settings.http ?? undefined,
		},
		{ clock, logger },
	);
}

function startRtsp(
	settings: Config['rtsp_server'],
	tools: { registry: StreamRegistry; auth: Auth; clock: Clock; logger: Logger },
): Promise<RtspServer> | undefined {
	const { enabled, host, port, udp, udp_port: udpPort, mtu, max_connections: maxConnections } = settings;
	if (!enabled) return undefined;
	const { registry: directory, auth, clock, logger } = tools;
	const { username, password } = settings;
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
		logger,
		randomBytes,
	});
}

/** The demo camera runs only where a stream asks for it. */
async function startDemo(
	config: Config,
	{ clock, logger, scope }: { clock: Clock; logger: Logger; scope: Scope },
): Promise<DemoCamera | undefined> {
	if (!Object.values(config.streams).some(({ source }) => source === 'demo')) return undefined;
	const demo = await startDemoCamera({
		clipPath: fileURLToPath(new URL('../assets/demo.mp4', import.meta.url)),
		host: '127.0.0.1',
		clock,
		logger: logger.child({ part: 'demo camera' }),
	});
	scope.defer(() => demo.close());
	return demo;
}

function listen(http: Server, port: number, host: string): Promise<void> {
	return new Promise((resolve, reject) => {
		http.once('error', reject);
		http.listen({ port, host }, () => {
			http.off('error', reject);
			resolve();
		});
	});
}

/** Cuts the connections, which players keep open, and waits until the port is free. */
function shut(http: Server): Promise<void> {
	return new Promise((resolve) => {
		http.close(() => resolve());
		http.closeAllConnections();
	});
}

function reachableHost(host: string): string {
	if (host === '0.0.0.0' || host === '::') return 'localhost';
	return host.includes(':') ? `[${host}]` : host;
}
