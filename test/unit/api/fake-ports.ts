import type { ClusterNodeInfo } from '../../../src/api/cluster/port.ts';
import type { HlsPort, HlsStats, StreamInfo, StreamStats, StreamsPort } from '../../../src/api/ports.ts';
import type { WebRtcConnection, WebRtcPort, WebRtcSession } from '../../../src/api/whep/webrtc-port.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import type { ClusterNodeInfo as PageClusterNodeInfo } from '../../../src/web/gateway/cluster-info.ts';

const AT = '2026-01-02T03:04:05.678Z';
const SKIPPED = [{ codec: 'PCMA', reason: 'MPEG-TS does not carry it' }];

/** A value with every optional member present, so that schemas are held to all of them. */
export const STREAM: StreamInfo = {
	id: 'live/stream',
	state: 'live',
	source: 'rtsp://camera.example/stream',
	on_demand: true,
	since: AT,
	viewers: { webrtc: 1, hls: 2 },
	webrtc_totals: {
		packets_sent: 1,
		frames_sent: 7,
		bytes_sent: 2,
		current_bitrate: 3,
		nack_received: 4,
		packets_retransmitted: 5,
		pli_received: 6,
	},
	tracks: [
		{
			kind: 'video',
			codec: 'H264',
			codecs: 'avc1.64001f',
			width: 1280,
			height: 720,
			frame_rate: 29.97,
			profile: 'High',
			level: '3.1',
			clock_rate: 90_000,
		},
		{ kind: 'audio', codec: 'PCMA', clock_rate: 8000, channels: 1, silent: true },
	],
	skipped_tracks: [{ codec: 'PCMA', reason: 'MPEG-TS does not carry it', output: 'hls' }],
	transport: 'udp',
	transport_reason: 'the camera refused TCP',
	last_error: { code: 'camera_timeout', message: 'no answer', at: AT, over: true },
	urls: {
		watch: '/watch/live/stream',
		whep: '/whep/live/stream',
		hls: '/hls/live/stream/index.m3u8',
		ll_hls: '/hls/live/stream/ll.m3u8',
	},
};

export const STREAM_STATS: StreamStats = {
	stream_id: STREAM.id,
	state: 'live',
	packets_received: 1,
	bytes_received: 2,
	packets_lost: 3,
	packets_reordered: 1,
	packets_duplicate: 2,
	current_bitrate: 4.5,
	frames_received: 5,
	frame_rate: 30,
	frames_dropped: 0,
	gop_frames: 60,
	gop_seconds: 2.002,
	b_frames: false,
	gop_cache_bytes: 7,
	reconnects: 8,
	errors: 9,
	last_error: { code: 'camera_timeout', message: 'no answer', at: AT },
	transport: 'udp',
	transport_reason: 'the camera refused TCP',
	server: 'GStreamer RTSP server',
	rtt_ms: 1.5,
	first_packet_ms: 8,
	first_key_frame_ms: 10,
	last_packet_age_ms: 11,
	last_key_frame_age_ms: 1200,
	tracks: [
		{
			kind: 'video',
			codec: 'h264',
			profile: 'High',
			level: '3.1',
			width: 1280,
			height: 720,
			packets_received: 1,
			packets_lost: 3,
			packets_reordered: 1,
			packets_duplicate: 2,
			jitter_ms: 0.25,
			current_bitrate: 2_000_000,
			last_packet_age_ms: 11,
			silent: true,
		},
	],
	outputs: [{ output: 'hls_ts', verdict: 'plays_without_sound', reasons: ['no AAC'], cures: ['Set it.'] }],
	readers: ['hls'],
};

export const HLS_STATS: HlsStats = {
	stream_id: STREAM.id,
	packets_received: 1,
	bytes_written: 2,
	segments_created: 3,
	current_bitrate: 4,
	errors: 0,
	state: 'live',
	started_at: AT,
	last_request_at: AT,
	segments_in_playlist: 3,
	media_sequence: 17,
	target_duration: 2,
	codecs: ['avc1.64001f'],
	skipped_tracks: SKIPPED,
};

export const SESSION: WebRtcSession = {
	id: 'd2VicnRj',
	stream_id: STREAM.id,
	state: 'connected',
	created_at: AT,
	connected_after_ms: 40,
	first_media_after_ms: 41,
	first_frame_shown_after_ms: 120,
	remote: 'udp 192.0.2.7:5000',
	local: 'udp 192.0.2.1:8189',
	packets_sent: 1,
	frames_sent: 7,
	bytes_sent: 2,
	current_bitrate: 3,
	nack_received: 4,
	packets_retransmitted: 5,
	pli_received: 6,
	loss: 0.25,
	rtt_ms: 12,
	key_frames_only: false,
	key_frames_only_ms: 0,
	transport: 'native',
	video: 'H264',
	audio: 'OPUS',
	skipped_tracks: SKIPPED,
};

export const CONNECTION: WebRtcConnection = {
	stage: 'no_checks',
	explanation: 'open the port',
	offered: ['udp 192.0.2.1:8189'],
	checks_received: 0,
	dtls_datagrams_received: 0,
};

/** The secret part of the URL of `SESSION`. */
export const RESOURCE = 'c2VjcmV0IHJlc291cmNl';

/** One live stream, and one called `constructor` that nobody watches. */
export function fakeStreams(): StreamsPort {
	const all = new Map([STREAM, { ...STREAM, id: 'constructor' }].map((stream) => [stream.id, stream]));
	return {
		list: () => [...all.values()],
		get: (id) => all.get(id),
		has: (id) => all.has(id),
		stats: (id) => (id === STREAM.id ? STREAM_STATS : undefined),
	};
}

export function fakeHls(): HlsPort {
	return {
		handle: () => false,
		lowLatency: true,
		playlistFor: (codec) => (codec === 'h264' ? 'index.m3u8' : 'll.m3u8'),
		list: () => [HLS_STATS],
		get: (id) => (id === HLS_STATS.stream_id ? HLS_STATS : undefined),
	};
}

export type FakeWebRtc = WebRtcPort & {
	/** What `create` was called with. */
	offers: { streamId: string; offer: string; signal: AbortSignal }[];
	/** What `create` does; answers with `SESSION` until replaced. */
	answer: WebRtcPort['create'];
	/** Fragments that asked for a restart. */
	restarts: string[];
	/** What players said of their first picture. */
	shown: number[];
};

export function fakeWebRtc(): FakeWebRtc {
	const sessions = new Map([[SESSION.id, SESSION]]);
	const fake: FakeWebRtc = {
		offers: [],
		answer: async (_streamId, offer) => {
			if (!offer.startsWith('v=0')) throw new DualcastError('offer_invalid', 'this is not SDP');
			return { sessionId: SESSION.id, resource: RESOURCE, answer: 'v=0\r\nanswer', skipped: [] };
		},
		create(streamId, offer, signal, onEnded) {
			fake.offers.push({ streamId, offer, signal });
			return fake.answer(streamId, offer, signal, onEnded);
		},
		sessionOf: (resource) => (resource === RESOURCE && sessions.has(SESSION.id) ? SESSION.id : undefined),
		etag: (id) => (sessions.has(id) ? `"${id}-${fake.restarts.length + 1}"` : undefined),
		connection: (id) => (sessions.has(id) ? CONNECTION : undefined),
		restarts: [],
		updateIce(_id, fragment) {
			if (!fragment.includes('ice-ufrag')) throw new DualcastError('offer_invalid', 'this is no fragment');
			if (!fragment.includes('restart')) return undefined;
			fake.restarts.push(fragment);
			return 'a=ice-ufrag:ours';
		},
		shown: [],
		firstFrameShown: (id, after) => sessions.has(id) && fake.shown.push(after) > 0,
		remove: (id) => sessions.delete(id),
		sessions: (stream = SESSION.stream_id) => [...sessions.values()].filter(({ stream_id: id }) => id === stream),
		session: (id) => sessions.get(id),
	};
	return fake;
}

/** A node of a cluster, as the API and the page know it. */
export const CLUSTER_NODE: ClusterNodeInfo & PageClusterNodeInfo = {
	id: 'sub-1',
	role: 'sub',
	state: 'live',
	http_url: 'http://10.0.0.2:8107',
	rtsp_url: 'rtsp://10.0.0.2:8554',
	capacity: 150,
	viewers: 40,
	viewers_coming: 2,
	current_bitrate: 8_000_000,
	cpu: 0.4,
	event_loop_delay_ms: 1.5,
	version: '1.2.3',
	streams: [{ id: 'live/stream', viewers: 40 }],
	cameras: [],
	last_seen: '2026-01-02T03:04:05.678Z',
};
