import { randomBytes } from 'node:crypto';
import { viewerRouting } from '../api/cluster/viewer-routing.ts';
import { reportError } from '../api/error-handler.ts';
import type { ViewerNode } from '../api/tokens.ts';
import type { Auth } from '../auth/auth.ts';
import type { Clock } from '../base/clock.ts';
import type { HttpRequest, HttpResponse } from '../base/http-exchange.ts';
import type { Logger } from '../base/logger.ts';
import type { Scope } from '../base/scope.ts';
import type { TrustedProxies } from '../base/trusted-proxies.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { nodeCredentials } from '../cluster/life/credentials.ts';
import { notOurs, OwnedSource } from '../cluster/life/owned-source.ts';
import { PulledSource } from '../cluster/life/pulled-source.ts';
import { shareStreams } from '../cluster/life/shared-streams.ts';
import { ViewerGuide } from '../cluster/life/viewer-guide.ts';
import { ViewerPlaces } from '../cluster/life/viewer-places.ts';
import type { Config } from '../config/schema.ts';
import type { HlsServer } from '../hls/server.ts';
import { CertificateWatch, readAuthorities, readCertificate } from '../http/certificate.ts';
import { createRtspSource } from '../rtsp/client/rtsp-source.ts';
import type { RtspServer, ServerCertificate } from '../rtsp/server/server.ts';
import { startStreamServer } from '../rtsp/server/stream-server.ts';
import type { StreamDirectory } from '../stream/reader.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Source } from '../stream/source.ts';
import type { StreamSettings } from './streams.ts';

type Tools = { readonly clock: Clock; readonly logger: Logger };

const TLS = 'cluster.tls';
/** Pulls by subs at once, all streams together. */
const MAX_PULLS = 10_000;
const MTU = 1500;
/** Between nodes another try costs nobody anything, and viewers wait for it. Milliseconds. */
const PULL_BACKOFF_MS = { first: 200, cap: 1_000 };
const PULL_RETRY_PAUSE_MS = { transient: 500, permanent: 5_000 };
/** Viewers of a sub that ends have so long to be elsewhere. Milliseconds. */
const LEAVE_PATIENCE_MS = 6_000;

/**
 * Where subs pull a main's streams, and nobody else: both sides show that they know the cluster's secret. Undefined
 * unless this node is a main.
 *
 * @param cluster asked with each pull: it is not there from the start on
 * @throws the bind error; Error that names the setting for a bad certificate
 */
export async function startPullServer(
	config: Config,
	cluster: () => Cluster | undefined,
	registry: StreamRegistry,
	{ clock, logger, scope }: Tools & { readonly scope: Scope },
): Promise<RtspServer | undefined> {
	const { role, secret, rtsp_port: port, tls } = config.cluster;
	if (role !== 'main' || secret === null) return undefined;
	const directory: StreamDirectory = {
		has: (id) => registry.has(id),
		claim: async (id, signal) => {
			if (cluster()?.holds(id) === undefined) throw notOurs();
			return registry.claim(id, signal);
		},
	};
	const files = tls !== null && tls.cert !== null && tls.key !== null ? { cert: tls.cert, key: tls.key } : undefined;
	const certificate = files && (await readCertificate(files, TLS));
	const server = await startStreamServer({
		directory,
		tls: certificate,
		...{ host: config.server.host, port, udpPort: 'off', mtu: MTU, maxConnections: MAX_PULLS },
		credentials: nodeCredentials(secret),
		...{ clock, logger, randomBytes },
	});
	scope.defer(() => server.close());
	if (files && certificate) {
		const onChange = (next: ServerCertificate) => server.use(next);
		const watch = new CertificateWatch({ files, setting: TLS, clock, logger, onChange }, certificate);
		scope.defer(() => watch.close());
	}
	return server;
}

/** A camera of this node; in a cluster only while the node owns it. */
export function ownedSource(cluster: Cluster | undefined, stream: string, camera: Source, clock: Clock): Source {
	return cluster?.role === 'main' ? new OwnedSource({ stream, cluster, camera, clock }) : camera;
}

export type LifeParts = Tools & {
	readonly config: Config;
	readonly cluster: Cluster;
	readonly registry: StreamRegistry;
	readonly hls: Pick<HlsServer, 'hasViewer'> | undefined;
	readonly auth: Auth;
	readonly proxies: TrustedProxies;
	readonly streamSettings: StreamSettings;
	/** Of Dualcast. */
	readonly version: string;
	readonly scope: Scope;
};

/** What a node of a cluster does for its viewers. */
export type ClusterLife = {
	readonly guide: ViewerGuide;
	/** Answers a viewer who is served elsewhere and gives true; `here` is called when it is here after all. */
	route(request: HttpRequest, response: HttpResponse, here: () => void): boolean;
	/** @throws DualcastError `no_node`, `stream_not_found` */
	place(stream: string | undefined, holder?: string): Promise<ViewerNode>;
	/** Leaves the cluster and has the viewers go elsewhere. */
	leave(): Promise<void>;
};

/** @throws Error that names the setting for a file of authorities that cannot be used */
export async function startClusterLife(parts: LifeParts): Promise<ClusterLife> {
	const { config, cluster, hls, auth, clock, logger, proxies, scope } = parts;
	const offered = new Set<string>();
	const shelf = { add: (id: string) => void offered.add(id), remove: (id: string) => void offered.delete(id) };
	scope.defer(cluster.role === 'sub' ? await sharedStreams(parts) : shareStreams({ cluster, shelf, clock, logger }));
	const guide = new ViewerGuide({ cluster, clock });
	scope.defer(() => guide.close());
	const isOffered = (stream: string) => offered.has(stream) || cluster.streams().includes(stream);
	const places = new ViewerPlaces({ cluster, isOffered, serveFromMain: config.cluster.serve_from_main });
	return {
		guide,
		route: viewerRouting({
			...{ places, proxies },
			answerError: (request, response, thrown) => reportError(logger, request, response, thrown),
			watches: (stream, request) => hls?.hasViewer(stream, request) === true,
			access: auth.access,
			tokenFor: (grant, node) => auth.tokenFor(grant, node),
		}),
		async place(stream, holder) {
			// A pattern names no stream: its viewers are placed when they come.
			if (stream === undefined || !isOffered(stream)) return { name: undefined, url: undefined };
			const node = await places.find(stream, { holder });
			return node ? { name: node.id, url: node.http } : { name: cluster.self, url: undefined };
		},
		async leave() {
			await cluster.close();
			await guide.empty(LEAVE_PATIENCE_MS);
		},
	};
}

/** A sub's streams: those of the mains, each pulled once while somebody watches. */
async function sharedStreams(parts: LifeParts): Promise<() => void> {
	const { config, cluster, registry, streamSettings, version, clock, logger } = parts;
	const { tls } = config.cluster;
	const setting = `${TLS}.ca`;
	const authorities = typeof tls?.ca === 'string' ? await readAuthorities(tls.ca, setting) : undefined;
	const credentials = nodeCredentials(config.cluster.secret ?? '');
	const add = (id: string) => {
		const log = logger.child({ stream: id });
		const open = (url: string) =>
			createRtspSource({
				...{ url, ...credentials, mutual: true, transport: 'tcp', tls: { authorities, setting }, clock, logger: log },
				userAgent: `Dualcast/${version} (${cluster.self})`,
				random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
			});
		const source = new PulledSource({ stream: id, cluster, open, onlyTls: tls !== null, clock });
		const retries = { backoff: PULL_BACKOFF_MS, retryPause: PULL_RETRY_PAUSE_MS };
		registry.add({ ...streamSettings, ...retries, id, source, onDemand: true, logger: log });
	};
	const remove = (id: string) => {
		registry.remove(id).catch((error: unknown) => logger.error({ error, stream: id }, 'a stream did not end cleanly'));
	};
	return shareStreams({ cluster, shelf: { add, remove }, clock, logger });
}
