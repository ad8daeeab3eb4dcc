import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createApi } from './api/api.ts';
import { createStreamView } from './api/stream-view.ts';
import { type Clock, systemClock } from './base/clock.ts';
import type { HttpRequest, HttpResponse } from './base/http-exchange.ts';
import type { Logger } from './base/logger.ts';
import { Scope } from './base/scope.ts';
import { TrustedProxies } from './base/trusted-proxies.ts';
import type { Cluster } from './cluster/cluster.ts';
import { openAuth } from './compose/auth.ts';
import { createCameraSource } from './compose/camera-source.ts';
import { clusterPort, clusterReadiness, joinCluster, nodeId, nodeLoad } from './compose/cluster.ts';
import { ownedSource, startClusterLife, startPullServer } from './compose/cluster-life.ts';
import { openOutputs } from './compose/outputs.ts';
import { addCameras, streamSettings } from './compose/streams.ts';
import { openWeb } from './compose/web.ts';
import type { Config } from './config/schema.ts';
import { type DemoCamera, startDemoCamera } from './demo/demo-camera.ts';
import { HLS_PREFIX } from './hls/path.ts';
import { ProbeDesk } from './probe/probe-desk.ts';
import { CameraPlaces } from './rtsp/client/camera-places.ts';
import { StreamRegistry } from './stream/registry.ts';
import type { Source } from './stream/source.ts';

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
	/** The same over TLS; undefined without a certificate. */
	readonly secureUrl?: string | undefined;
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
	const web = await openWeb(config.server, { clock, logger: logger.child({ part: 'http' }), scope });
	const isSub = config.cluster.role === 'sub';
	// Mains take every node's tokens: viewers ask them for another place, or are served there when no sub is left.
	const node = isSub ? nodeId(config.cluster, web.httpPort) : undefined;

	const auth = await openAuth(config.auth, node, { clock, logger: logger.child({ part: 'auth' }) });
	scope.defer(() => auth.close());

	const { security } = config;
	const proxies = new TrustedProxies(security.trusted_proxies);
	const places = (local: boolean) => new CameraPlaces({ allowed: security.camera_hosts, local });
	const configured = places(true);

	const demo = isSub ? undefined : await startDemo(config, { clock, logger, scope });
	const registry = new StreamRegistry();
	scope.defer(() => registry.close());

	const outputs = await openOutputs(config, { registry, auth, proxies, clock, logger, scope });
	const { hls, webrtc, rtsp } = outputs;

	let cluster: Cluster | undefined;
	const pulls = await startPullServer(config, () => cluster, registry, {
		clock,
		logger: logger.child({ output: 'pull' }),
		scope,
	});
	cluster = joinCluster(config.cluster, {
		httpPort: web.httpPort,
		rtspPort: pulls?.port,
		streams: Object.keys(config.streams),
		load: nodeLoad(() => ({ registry, hls, webrtc, rtsp: isSub ? rtsp : undefined }), clock),
		revocations: auth.revocations,
		version,
		clock,
		logger: logger.child({ part: 'cluster' }),
	});
	const member = cluster;
	if (member) scope.defer(() => member.close());
	const settings = streamSettings(config, clock);
	if (!isSub) {
		const own = (stream: string, camera: Source) => ownedSource(member, stream, camera, clock);
		addCameras(config.streams, { registry, demo, places: configured, settings, logger, version, own });
	}
	const life =
		member &&
		(await startClusterLife({
			...{ config, cluster: member, registry, hls, auth, proxies, streamSettings: settings, version, clock, scope },
			logger: logger.child({ part: 'cluster' }),
		}));

	const probes = new ProbeDesk(clock);
	const probed = { clock, version, places: places(config.probe.local) };
	scope.defer(() => probes.close());
	const probeLog = logger.child({ part: 'probe' });

	let closing = false;
	const api = createApi({
		streams: createStreamView({ registry, clock, hls, webrtc, rtsp }),
		hls,
		webrtc,
		probe: config.probe.enabled
			? {
					run: (camera, signal) => probes.run(createCameraSource(camera, { ...probed, logger: probeLog }), signal),
				}
			: undefined,
		auth,
		security: { pageHosts: security.page_hosts.map((name) => name.toLowerCase()), proxies },
		cluster: member && clusterPort(member, config.cluster, clock),
		guide: life?.guide,
		place: life && ((stream, holder) => life.place(stream, holder)),
		readiness: clusterReadiness(member, () => (closing ? ['shutting down'] : [])),
		webRoot: fileURLToPath(new URL('./web', import.meta.url)),
		iceServers: config.webrtc.ice_servers,
		logger: logger.child({ output: 'api' }),
		version,
	});
	const serve = (request: IncomingMessage, response: ServerResponse) => {
		if (!hls?.handle(request, response)) api(request, response);
	};
	const plain = (request: HttpRequest, response: HttpResponse): boolean => {
		if (!hls || !request.url?.startsWith(HLS_PREFIX)) return false;
		return life?.route(request, response, () => hls.handle(request, response)) || hls.handle(request, response);
	};
	web.serve({
		plain: hls && plain,
		handle: (request, response) => {
			if (!life?.route(request, response, () => serve(request, response))) serve(request, response);
		},
	});

	return {
		url: `http://${reachableHost(config.server.host)}:${web.httpPort}/`,
		secureUrl:
			web.httpsPort === undefined ? undefined : `https://${reachableHost(config.server.host)}:${web.httpsPort}/`,
		httpPort: web.httpPort,
		udpPort: outputs.udpPort,
		close: async () => {
			closing = true;
			await life?.leave();
			await scope.close();
		},
	};
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

function reachableHost(host: string): string {
	if (host === '0.0.0.0' || host === '::') return 'localhost';
	return host.includes(':') ? `[${host}]` : host;
}
