import { hostname, networkInterfaces } from 'node:os';
import type { ClusterInfo, ClusterPort } from '../api/cluster/port.ts';
import type { ReadinessPort } from '../api/ports.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Cluster, NodeLoad } from '../cluster/cluster.ts';
import { startLoadMeter } from '../cluster/load-meter.ts';
import { Member } from '../cluster/member.ts';
import type { RevocationList } from '../cluster/shared-revocations.ts';
import type { Config } from '../config/schema.ts';
import type { StreamRegistry } from '../stream/registry.ts';

export type ClusterTools = {
	/** Where this node listens. */
	readonly httpPort: number;
	/** Undefined where it serves no RTSP. */
	readonly rtspPort: number | undefined;
	/** Streams of this node's configuration; a sub offers none of its own. */
	readonly streams: readonly string[];
	readonly load: NodeLoad;
	readonly revocations: RevocationList;
	/** Of Dualcast. */
	readonly version: string;
	readonly clock: Clock;
	readonly logger: Logger;
};

/** The cluster that this node is part of; undefined for a gateway that stands alone. It joins in the background. */
export function joinCluster(settings: Config['cluster'], tools: ClusterTools): Cluster | undefined {
	const { role, redis } = settings;
	if (role === 'standalone') return undefined;
	const { httpPort, rtspPort, clock, logger, version, load, revocations } = tools;
	const host = settings.address ?? networkAddress() ?? hostname();
	const id = nodeId(settings, httpPort);
	return new Member({
		id,
		role,
		http: withoutSlash(settings.http_url ?? `http://${host}:${httpPort}`),
		rtsp: rtspUrl(settings, host, rtspPort),
		capacity: settings.capacity,
		version,
		redis: {
			url: redis.url,
			username: redis.username ?? undefined,
			password: redis.password ?? undefined,
			prefix: redis.prefix,
		},
		heartbeat: settings.heartbeat,
		ttl: settings.node_ttl,
		offers: role === 'main' ? tools.streams : [],
		load,
		meter: startLoadMeter(clock),
		revocations,
		clock,
		logger: logger.child({ node: id }),
		random: Math.random,
	});
}

/** Where subs pull streams: as configured, or where this node listens; undefined where it does not. */
export function rtspUrl(
	{ rtsp_url: configured, tls }: Config['cluster'],
	host: string,
	port: number | undefined,
): string | undefined {
	if (configured !== null) return withoutSlash(configured);
	return port === undefined ? undefined : `${tls === null ? 'rtsp' : 'rtsps'}://${host}:${port}`;
}

/** This node's name: as configured, or from where it runs, so that it stays the same. */
export function nodeId({ node_id: configured }: Config['cluster'], httpPort: number): string {
	return configured ?? `${hostname()}-${httpPort}`.replaceAll(/[^A-Za-z0-9._-]/g, '-');
}

type Outputs = {
	readonly registry: StreamRegistry;
	readonly hls: { viewers(stream: string): number } | undefined;
	readonly webrtc: { viewers(stream: string): number } | undefined;
	/** Undefined on a main: its clients are subs, not viewers. */
	readonly rtsp: { readers(stream: string): readonly unknown[] } | undefined;
};

/** What the gateway does, for the other nodes. @param outputs asked each time: not all are there from the start on */
export function nodeLoad(outputs: () => Outputs, clock: Clock): NodeLoad {
	const streams = () => {
		const { registry, hls, webrtc, rtsp } = outputs();
		return registry.list().flatMap(({ id }) => {
			const viewers = (webrtc?.viewers(id) ?? 0) + (hls?.viewers(id) ?? 0) + (rtsp?.readers(id).length ?? 0);
			return viewers === 0 ? [] : [{ id, viewers }];
		});
	};
	return {
		streams,
		// Every viewer gets the stream as it comes from the camera.
		bitrate() {
			const { registry } = outputs();
			const now = clock.now();
			return streams().reduce(
				(sum, { id, viewers }) => sum + viewers * (registry.get(id)?.ingest.bitrate(now) ?? 0),
				0,
			);
		},
		inUse(id) {
			const stream = outputs().registry.get(id);
			return stream !== undefined && (stream.state.name === 'starting' || stream.readers.names.length > 0);
		},
	};
}

/** The cluster as the API shows it. */
export function clusterPort(
	cluster: Cluster,
	{ node_ttl: ttl }: Pick<Config['cluster'], 'node_ttl'>,
	clock: Clock,
): ClusterPort {
	const now = clockOf(cluster, clock);
	const info = (): ClusterInfo => ({
		node: cluster.self,
		role: cluster.role,
		connected: cluster.connected,
		nodes: cluster.nodes().map((node) => {
			const silent = !cluster.connected && now() - node.seenAt > ttl;
			return {
				id: node.id,
				role: node.role,
				state: silent ? 'silent' : node.draining ? 'draining' : 'live',
				http_url: node.http,
				...(node.rtsp !== undefined && { rtsp_url: node.rtsp }),
				capacity: node.capacity,
				viewers: node.viewers,
				viewers_coming: node.reserved,
				current_bitrate: node.bitrate,
				cpu: node.cpu,
				event_loop_delay_ms: node.eventLoopDelay,
				version: node.version,
				streams: node.streams.map(({ id, viewers }) => ({ id, viewers })),
				cameras: node.cameras.map(({ id }) => id),
				last_seen: new Date(node.seenAt).toISOString(),
			};
		}),
	});
	return {
		info,
		drain: (node, on) => cluster.drain(node, on),
		onChange: (listener) => cluster.onChange(listener),
	};
}

/** The clock of Redis, by which heartbeats are dated, as the own ones tell it: this machine's may be another. */
function clockOf(cluster: Cluster, clock: Clock): () => number {
	let seen = 0;
	let at = 0;
	cluster.onChange(() => {
		const own = cluster.node(cluster.self)?.seenAt ?? seen;
		if (own === seen) return;
		seen = own;
		at = clock.now();
	});
	return () => seen + clock.now() - at;
}

/** `/readyz` of a node: not ready before it knows the cluster, degraded while Redis is away. */
export function clusterReadiness(cluster: Cluster | undefined, problems: () => string[]): ReadinessPort {
	if (!cluster) return { problems };
	return {
		problems: () => [...problems(), ...(cluster.joined ? [] : ['the Redis server of the cluster was not reached yet'])],
		degraded: () =>
			cluster.connected ? [] : ['the Redis server of the cluster does not answer; the nodes go on with what they know'],
	};
}

/** The first address of this machine that others can reach. */
function networkAddress(): string | undefined {
	const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function withoutSlash(url: string): string {
	return url.replace(/\/+$/, '');
}
