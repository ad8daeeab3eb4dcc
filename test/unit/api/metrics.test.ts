import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { ApiOptions } from '../../../src/api/api.ts';
import type { ClusterInfo, ClusterNodeInfo, ClusterPort } from '../../../src/api/cluster/port.ts';
import { createStreamView } from '../../../src/api/stream-view.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import { ScriptedSource } from '../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';
import { bearerOf, createFixture, testAuth } from './api-fixture.ts';
import { CLUSTER_NODE, fakeStreams, fakeWebRtc, HLS_STATS, SESSION, STREAM, STREAM_STATS } from './fake-ports.ts';

function clusterOf(info: ClusterInfo): ClusterPort {
	return { info: () => info, drain: async () => {}, onChange: () => () => {} };
}

/** The lines about the gateway, without help. */
async function linesOf(overrides: Partial<ApiOptions> = {}): Promise<string[]> {
	const { status, text } = await request(createFixture(overrides).app).get('/metrics');
	expect(status).toBe(200);
	return text.split('\n').filter((line) => line.startsWith('dualcast_'));
}

describe('/metrics', () => {
	it('tells streams, sessions and outputs as they are', async () => {
		expect(await linesOf()).toEqual([
			'dualcast_info{version="1.2.3",role="standalone",node=""} 1',
			'dualcast_streams{state="idle"} 0',
			'dualcast_streams{state="starting"} 0',
			'dualcast_streams{state="live"} 2',
			'dualcast_streams{state="recovering"} 0',
			'dualcast_streams{state="closing"} 0',
			'dualcast_streams{state="failed"} 0',
			'dualcast_stream_state{stream="live/stream",state="live"} 1',
			'dualcast_stream_state{stream="constructor",state="live"} 1',
			'dualcast_stream_viewers{stream="live/stream",output="webrtc"} 1',
			'dualcast_stream_viewers{stream="live/stream",output="hls"} 2',
			'dualcast_stream_viewers{stream="constructor",output="webrtc"} 1',
			'dualcast_stream_viewers{stream="constructor",output="hls"} 2',
			'dualcast_stream_received_bits_per_second{stream="live/stream"} 4.5',
			'dualcast_stream_received_bytes_total{stream="live/stream"} 2',
			'dualcast_stream_received_packets_total{stream="live/stream"} 1',
			'dualcast_stream_lost_packets{stream="live/stream"} 3',
			'dualcast_stream_reconnects_total{stream="live/stream"} 8',
			'dualcast_stream_errors_total{stream="live/stream"} 9',
			'dualcast_stream_last_packet_age_seconds{stream="live/stream"} 0.011',
			'dualcast_webrtc_sessions{state="connecting"} 0',
			'dualcast_webrtc_sessions{state="connected"} 1',
			'dualcast_webrtc_sessions{state="closed"} 0',
			'dualcast_webrtc_sent_bits_per_second 3',
			'dualcast_webrtc_sent_bytes 2',
			'dualcast_webrtc_sent_packets 1',
			'dualcast_webrtc_sent_frames 7',
			'dualcast_webrtc_retransmitted_packets 5',
			'dualcast_webrtc_nack_received 4',
			'dualcast_webrtc_pli_received 6',
			'dualcast_hls_outputs 1',
			'dualcast_hls_written_bytes_total{stream="live/stream",playlist="index"} 2',
			'dualcast_hls_segments_total{stream="live/stream",playlist="index"} 3',
			'dualcast_hls_errors_total{stream="live/stream",playlist="index"} 0',
		]);
	});

	it('sums sessions, and tells both HLS outputs of a stream and its RTSP readers apart', async () => {
		const webrtc = { ...fakeWebRtc(), sessions: () => [SESSION, { ...SESSION, state: 'connecting' as const }] };
		const lowLatency = { ...HLS_STATS, part_target: 0.2, bytes_written: 7 };
		const hls = {
			lowLatency: true,
			playlistFor: () => undefined,
			handle: () => false,
			list: () => [HLS_STATS, lowLatency],
			get: () => HLS_STATS,
		};
		const { last_packet_age_ms: _, ...silent } = STREAM_STATS;
		const viewers = { webrtc: 2, hls: 0, rtsp: 3 };
		const streams = { ...fakeStreams(), list: () => [{ ...STREAM, viewers }], stats: () => silent };
		const lines = await linesOf({ webrtc, hls, streams });
		expect(lines).toContain('dualcast_webrtc_sent_bytes 4');
		expect(lines).toContain('dualcast_webrtc_sessions{state="connecting"} 1');
		expect(lines).toContain('dualcast_hls_written_bytes_total{stream="live/stream",playlist="index"} 2');
		expect(lines).toContain('dualcast_hls_written_bytes_total{stream="live/stream",playlist="ll"} 7');
		expect(lines).toContain('dualcast_stream_viewers{stream="live/stream",output="rtsp"} 3');
		expect(lines.join('\n')).not.toContain('last_packet_age');
	});

	it('says nothing of outputs that are switched off', async () => {
		const lines = await linesOf({ webrtc: undefined, hls: undefined });
		expect(lines.filter((line) => /^dualcast_(?:webrtc|hls|cluster)_/.test(line))).toEqual([]);
	});

	it('tells every node of a cluster, without its addresses', async () => {
		const nodes: ClusterNodeInfo[] = [
			CLUSTER_NODE,
			{ ...CLUSTER_NODE, id: 'sub-2', state: 'draining' },
			{ ...CLUSTER_NODE, id: 'sub-3', state: 'silent' },
		];
		const cluster = clusterOf({ node: 'main-1', role: 'main', connected: true, nodes });
		const lines = await linesOf({ cluster });
		expect(lines[0]).toBe('dualcast_info{version="1.2.3",role="main",node="main-1"} 1');
		expect(lines.filter((line) => line.startsWith('dualcast_cluster_') && !/sub-[23]/.test(line))).toEqual([
			'dualcast_cluster_connected 1',
			'dualcast_cluster_node_up{node="sub-1",role="sub"} 1',
			'dualcast_cluster_node_draining{node="sub-1",role="sub"} 0',
			'dualcast_cluster_node_viewers{node="sub-1",role="sub"} 40',
			'dualcast_cluster_node_capacity{node="sub-1",role="sub"} 150',
			'dualcast_cluster_node_sent_bits_per_second{node="sub-1",role="sub"} 8000000',
			'dualcast_cluster_node_cpu_ratio{node="sub-1",role="sub"} 0.4',
			'dualcast_cluster_node_event_loop_delay_seconds{node="sub-1",role="sub"} 0.0015',
		]);
		expect(lines).toContain('dualcast_cluster_node_up{node="sub-2",role="sub"} 1');
		expect(lines).toContain('dualcast_cluster_node_draining{node="sub-2",role="sub"} 1');
		expect(lines).toContain('dualcast_cluster_node_up{node="sub-3",role="sub"} 0');
		expect(lines.join('\n')).not.toMatch(/10\.0\.0\.2|192\.0\.2|camera\.example/);
	});

	it('escapes what a name could break out of its label with', async () => {
		const id = 'a"} 1\nevil{x="\\';
		const streams = { ...fakeStreams(), list: () => [{ ...STREAM, id }], stats: () => undefined };
		const lines = await linesOf({ streams });
		expect(lines).toContain('dualcast_stream_state{stream="a\\"} 1\\nevil{x=\\"\\\\",state="live"} 1');
		const { text } = await request(createFixture({ streams }).app).get('/metrics');
		expect(text).not.toMatch(/^evil/m);
	});

	it("is text in Prometheus' format, whole, with help and the process's own metrics, and never cached", async () => {
		const { app } = createFixture();
		const { headers, text } = await request(app).get('/metrics');
		expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
		expect(headers['cache-control']).toBe('no-store');
		expect(headers).not.toHaveProperty('access-control-allow-origin');
		expect(text.endsWith('\n')).toBe(true);
		expect(text).toContain('# TYPE dualcast_stream_received_bytes_total counter\n');
		expect(text).toContain('# TYPE dualcast_stream_lost_packets gauge\n');
		expect(text).toMatch(/^process_cpu_seconds_total \d/m);
		for (const line of text.split('\n')) {
			expect(line).toMatch(/^(?:|# (?:HELP|TYPE) \w+ .+|\w+(?:\{.*\})? (?:[-+.\de]+|Nan|[+-]Inf))$/);
		}
		const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map((match) => match[1]);
		expect(new Set(names).size).toBe(names.length);
		const head = await request(app).head('/metrics');
		expect([head.status, head.text]).toEqual([200, undefined]);
		const refused = await request(app).post('/metrics');
		expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD']);
	});

	it('counts nothing twice, however often and from however many gateways it is asked', async () => {
		const { app } = createFixture();
		const gateway = async () => (await request(app).get('/metrics')).text.split('# HELP process_')[0];
		const first = await gateway();
		await linesOf({ version: '9.9.9' });
		expect(await Promise.all([gateway(), gateway()])).toEqual([first, first]);
	});

	it('is for admins where watching takes a token', async () => {
		const auth = testAuth({ read: 'jwt' });
		const { app } = createFixture({ auth });
		const student = await bearerOf(auth, { streams: ['*'] });
		const admin = await bearerOf(auth, { role: 'admin', actions: ['admin'] });
		const none = await request(app).get('/metrics');
		expect([none.status, none.text.includes('dualcast_')]).toEqual([401, false]);
		expect((await request(app).head('/metrics')).status).toBe(401);
		expect((await request(app).get('/metrics').set('Authorization', student)).status).toBe(403);
		expect((await request(app).get('/metrics').set('Authorization', admin)).status).toBe(200);
		const inQuery = await request(app).get(`/metrics?jwt=${admin.slice('Bearer '.length)}`);
		expect(inQuery.status).toBe(200);
		expect(inQuery.text).not.toContain(admin.slice('Bearer '.length));
	});

	it('starts no camera', async () => {
		const clock = new VirtualClock();
		const source = new ScriptedSource();
		const registry = new StreamRegistry();
		registry.add({
			...{ id: 'cam', source, onDemand: true, startTimeout: 5_000, closeAfter: 30_000, stallTimeout: 8_000 },
			...{ backoff: { first: 500, cap: 5_000 }, retryPause: { transient: 1_000, permanent: 30_000 } },
			...{ clock, logger: silentLogger, random: () => 0.5 },
		});
		const webrtc = { ...fakeWebRtc(), viewers: () => 0 };
		const streams = createStreamView({ registry, clock, hls: undefined, webrtc });
		const lines = await linesOf({ streams, webrtc, hls: undefined });
		await settle();
		expect(lines).toContain('dualcast_stream_state{stream="cam",state="idle"} 1');
		expect(lines).toContain('dualcast_stream_received_bytes_total{stream="cam"} 0');
		expect(source.runs).toEqual([]);
		await registry.close();
	});
});
