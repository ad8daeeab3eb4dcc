import { Counter, Gauge, Registry } from 'prom-client';
import type { ClusterNodeInfo, ClusterPort } from './cluster/port.ts';
import type { HlsPort, HlsStats, StreamInfo, StreamStats, StreamsPort } from './ports.ts';
import type { WebRtcPort, WebRtcSession } from './whep/webrtc-port.ts';

/** What is asked, each time somebody wants to know. Outputs that are switched off are undefined. */
export type MetricSources = {
	readonly streams: Pick<StreamsPort, 'list' | 'stats'>;
	readonly hls: Pick<HlsPort, 'list'> | undefined;
	readonly webrtc: Pick<WebRtcPort, 'sessions'> | undefined;
	/** Undefined for a gateway that stands alone. */
	readonly cluster?: Pick<ClusterPort, 'info'> | undefined;
	/** Of Dualcast. */
	readonly version: string;
};

/** Values are names of streams and nodes and words of ours: no address, nothing that a viewer chose. */
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | undefined];
/** A name in `_total` makes it a counter, which may start again at zero but never goes down otherwise. */
type Metric<T> = readonly [name: string, help: string, read: (thing: T) => number | undefined];

const STATES: readonly StreamInfo['state'][] = ['idle', 'starting', 'live', 'recovering', 'closing', 'failed'];
const SESSION_STATES: readonly WebRtcSession['state'][] = ['connecting', 'connected', 'closed'];

const OF_STREAM: readonly Metric<StreamStats>[] = [
	[
		'dualcast_stream_received_bits_per_second',
		'From the camera, over the last seconds.',
		(stats) => stats.current_bitrate,
	],
	['dualcast_stream_received_bytes_total', 'From the camera.', (stats) => stats.bytes_received],
	['dualcast_stream_received_packets_total', 'From the camera.', (stats) => stats.packets_received],
	[
		'dualcast_stream_lost_packets',
		'Missing on the way from the camera; fewer again when one comes late.',
		(stats) => stats.packets_lost,
	],
	['dualcast_stream_reconnects_total', 'Times that the camera had to be connected again.', (stats) => stats.reconnects],
	['dualcast_stream_errors_total', 'Times that the camera failed.', (stats) => stats.errors],
	[
		'dualcast_stream_last_packet_age_seconds',
		'Since the last packet of the camera; absent before the first.',
		(stats) => seconds(stats.last_packet_age_ms),
	],
];

/** Over the sessions that are there, so these go down when one ends. */
const OF_SESSIONS: readonly Metric<WebRtcSession>[] = [
	['dualcast_webrtc_sent_bits_per_second', 'To all viewers, over the last seconds.', (one) => one.current_bitrate],
	['dualcast_webrtc_sent_bytes', 'To the viewers there are.', (one) => one.bytes_sent],
	['dualcast_webrtc_sent_packets', 'To the viewers there are.', (one) => one.packets_sent],
	['dualcast_webrtc_sent_frames', 'To the viewers there are.', (one) => one.frames_sent],
	['dualcast_webrtc_retransmitted_packets', 'To the viewers there are.', (one) => one.packets_retransmitted],
	['dualcast_webrtc_nack_received', 'From the viewers there are.', (one) => one.nack_received],
	['dualcast_webrtc_pli_received', 'From the viewers there are.', (one) => one.pli_received],
];

const OF_HLS: readonly Metric<HlsStats>[] = [
	['dualcast_hls_written_bytes_total', 'Since the output was started.', (output) => output.bytes_written],
	['dualcast_hls_segments_total', 'Since the output was started.', (output) => output.segments_created],
	['dualcast_hls_errors_total', 'Access units and files that could not be written.', (output) => output.errors],
];

const OF_NODE: readonly Metric<ClusterNodeInfo>[] = [
	[
		'dualcast_cluster_node_up',
		'0: not heard of, and its other values are old.',
		(node) => Number(node.state !== 'silent'),
	],
	['dualcast_cluster_node_draining', '1: takes no new viewers.', (node) => Number(node.state === 'draining')],
	['dualcast_cluster_node_viewers', 'Viewers of the node.', (node) => node.viewers],
	['dualcast_cluster_node_capacity', 'Viewers it takes at most.', (node) => node.capacity],
	['dualcast_cluster_node_sent_bits_per_second', 'To its viewers.', (node) => node.current_bitrate],
	['dualcast_cluster_node_cpu_ratio', 'CPU time of its process; 1 is one core.', (node) => node.cpu],
	[
		'dualcast_cluster_node_event_loop_delay_seconds',
		'99th percentile since its last heartbeat.',
		(node) => seconds(node.event_loop_delay_ms),
	],
];

/** The gateway as it is, as metrics of Prometheus. Nothing is started or kept by asking. */
export function gatewayMetrics({ streams, hls, webrtc, cluster, version }: MetricSources): Registry {
	const registry = new Registry();
	const { node = '', role = 'standalone', connected, nodes = [] } = cluster?.info() ?? {};
	add(registry, 'dualcast_info', 'What runs here.', [[{ version, role, node }, 1]]);

	const all = streams.list();
	add(registry, 'dualcast_streams', 'Streams by state.', byState(STATES, all));
	add(
		registry,
		'dualcast_stream_state',
		'1 for the state that the stream is in.',
		all.map(({ id, state }) => [{ stream: id, state }, 1]),
	);
	add(
		registry,
		'dualcast_stream_viewers',
		'Viewers by output.',
		all.flatMap(({ id, viewers }) => Object.entries(viewers).map(([output, n]): Sample => [{ stream: id, output }, n])),
	);
	const stats = all.flatMap(({ id }) => streams.stats(id) ?? []);
	addEach(registry, OF_STREAM, stats, ({ stream_id: stream }) => ({ stream }));

	if (webrtc) {
		const sessions = webrtc.sessions();
		add(registry, 'dualcast_webrtc_sessions', 'Sessions by state.', byState(SESSION_STATES, sessions));
		for (const [name, help, read] of OF_SESSIONS) {
			add(registry, name, help, [[{}, sessions.reduce((sum, session) => sum + (read(session) ?? 0), 0)]]);
		}
	}
	if (hls) {
		const outputs = hls.list();
		add(registry, 'dualcast_hls_outputs', 'Running outputs.', [[{}, outputs.length]]);
		addEach(registry, OF_HLS, outputs, ({ stream_id: stream, part_target: part }) => ({
			stream,
			playlist: part === undefined ? 'index' : 'll',
		}));
	}
	if (cluster) {
		add(registry, 'dualcast_cluster_connected', '0: Redis does not answer.', [[{}, Number(connected)]]);
		addEach(registry, OF_NODE, nodes, ({ id, role }) => ({ node: id, role }));
	}
	return registry;
}

function addEach<T>(
	registry: Registry,
	metrics: readonly Metric<T>[],
	things: readonly T[],
	labelsOf: (thing: T) => Labels,
): void {
	for (const [name, help, read] of metrics) {
		const samples = things.map((thing): Sample => [labelsOf(thing), read(thing)]);
		add(registry, name, help, samples);
	}
}

/** One metric with its samples; without any it is left out. */
function add(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
	const known = samples.filter(([, value]) => value !== undefined);
	const [first] = known;
	if (first === undefined) return;
	const settings = { name, help, labelNames: Object.keys(first[0]), registers: [registry] };
	const metric = name.endsWith('_total') ? new Counter(settings) : new Gauge(settings);
	for (const [labels, value] of known) metric.inc(labels, value);
}

function byState<S extends string>(states: readonly S[], things: readonly { readonly state: S }[]): Sample[] {
	return states.map((state) => [{ state }, things.filter((thing) => thing.state === state).length]);
}

function seconds(milliseconds: number | undefined): number | undefined {
	return milliseconds === undefined ? undefined : milliseconds / 1000;
}
