import type { Clock } from '../base/clock.ts';
import { redact } from '../base/redact.ts';
import { videoProfile } from '../media/codecs/video-profile.ts';
import type { Track } from '../media/track.ts';
import { bFramesOf, cameraOf } from '../probe/camera.ts';
import { judge } from '../probe/verdict.ts';
import type { TrackReception } from '../stream/ingest.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { HlsPort, RtspPort, StreamInfo, StreamStats, StreamsPort, TrackStats } from './ports.ts';
import { ViewerSummaries, type ViewerSummary } from './viewer-summary.ts';
import type { WebRtcPort } from './whep/webrtc-port.ts';

export type StreamViewOptions = {
	registry: StreamRegistry;
	clock: Clock;
	/** Undefined where an output is switched off. */
	hls: (Pick<HlsPort, 'get' | 'lowLatency'> & { viewers(id: string): number }) | undefined;
	webrtc: (Pick<WebRtcPort, 'sessions'> & { viewers(id: string): number }) | undefined;
	rtsp?: RtspPort | undefined;
};

/** The streams as the API shows them: the hub's state put together with what the outputs know. */
export function createStreamView(options: StreamViewOptions): StreamsPort {
	const { registry, clock } = options;
	const viewers = options.webrtc && new ViewerSummaries(options.webrtc, clock);
	return {
		list: () => registry.list().map((stream) => info(stream, options, viewers?.of(stream))),
		get(id) {
			const stream = registry.get(id);
			return stream && info(stream, options, viewers?.of(stream));
		},
		has: (id) => registry.get(id) !== undefined,
		stats(id) {
			const stream = registry.get(id);
			const readers = options.rtsp?.readers(id);
			return stream && { ...stats(stream, clock.now()), ...(readers && { rtsp_readers: readers }) };
		},
	};
}

/** @param viewers of the stream; undefined where WebRTC is switched off */
function info(
	stream: Stream,
	{ hls, webrtc, rtsp }: StreamViewOptions,
	viewers: ViewerSummary | undefined,
): StreamInfo {
	const { id, state, ingest } = stream;
	return {
		id,
		state: state.name,
		source: stream.label,
		on_demand: stream.onDemand,
		since: iso(state.since),
		viewers: {
			webrtc: webrtc?.viewers(id) ?? 0,
			hls: hls?.viewers(id) ?? 0,
			...(rtsp && { rtsp: rtsp.readers(id).length }),
		},
		...(viewers && { webrtc_totals: viewers.totals }),
		tracks: stream.tracks.map((track) => trackInfo(track, isSilent(stream, track))),
		skipped_tracks: [
			...ingest.skipped.map(({ codec, reason }) => ({ codec, reason, output: 'all' as const })),
			...(hls?.get(id)?.skipped_tracks ?? []).map((skipped) => ({ ...skipped, output: 'hls' as const })),
			...(viewers?.skipped ?? []),
		],
		...connectionOf(stream),
		...lastErrorOf(stream),
		urls: {
			watch: `/watch/${id}`,
			...(webrtc && { whep: `/whep/${id}` }),
			...(hls && { hls: `/hls/${id}/index.m3u8` }),
			...(hls?.lowLatency && { ll_hls: `/hls/${id}/ll.m3u8` }),
			...(rtsp && { rtsp: `:${rtsp.port}/${id}` }),
		},
	};
}

function trackInfo(track: Track, silent: boolean): StreamInfo['tracks'][number] {
	const base = {
		kind: track.kind,
		codec: track.codec,
		...profileOf(track),
		clock_rate: track.clockRate,
		...(silent && { silent: true as const }),
	};
	if (track.kind === 'audio') return { ...base, channels: track.channels };
	const facts = track.facts;
	if (!facts) return base;
	return {
		...base,
		codecs: facts.codecs,
		width: facts.width,
		height: facts.height,
		...(facts.frameRate !== undefined && { frame_rate: facts.frameRate }),
	};
}

function stats(stream: Stream, now: number): StreamStats {
	const { ingest, readers, firstPacketAfter, firstKeyAfter } = stream;
	const { connection, reception, totals } = ingest;
	const video = reception.find(({ track }) => track.kind === 'video');
	const bFrames = video?.track.kind === 'video' ? bFramesOf(video.track, readers.gop) : undefined;
	const roundTrip = connection?.roundTrip?.();
	const { lastKey } = readers.gop;
	const lastPacket = Math.max(...reception.map(({ meter }) => meter.lastPacket ?? Number.NEGATIVE_INFINITY));
	return {
		stream_id: stream.id,
		state: stream.state.name,
		packets_received: totals.packets,
		bytes_received: totals.bytes,
		packets_lost: totals.lost,
		packets_reordered: totals.reordered,
		packets_duplicate: totals.duplicates,
		current_bitrate: Math.round(ingest.bitrate(now)),
		frames_received: totals.frames,
		frame_rate: tenths(video?.meter.unitRate(now) ?? 0),
		frames_dropped: ingest.dropped,
		gop_frames: readers.gop.frames,
		gop_seconds: Math.round(readers.gop.seconds * 1000) / 1000,
		...(bFrames !== undefined && { b_frames: bFrames }),
		gop_cache_bytes: readers.cache.bytes,
		reconnects: stream.reconnects,
		errors: stream.errors,
		...lastErrorOf(stream),
		...connectionOf(stream),
		...(connection?.server !== undefined && { server: connection.server }),
		...(roundTrip !== undefined && { rtt_ms: tenths(roundTrip) }),
		...(firstPacketAfter !== undefined && { first_packet_ms: Math.round(firstPacketAfter) }),
		...(firstKeyAfter !== undefined && { first_key_frame_ms: Math.round(firstKeyAfter) }),
		...(Number.isFinite(lastPacket) && { last_packet_age_ms: age(lastPacket, now) }),
		...(lastKey !== undefined && { last_key_frame_age_ms: age(lastKey, now) }),
		tracks: reception.map((received) => trackStats(received, isSilent(stream, received.track), now)),
		outputs: reception.length === 0 ? [] : judge(cameraOf(ingest, readers.gop, now)),
		readers: readers.names,
	};
}

function trackStats({ track, meter, reception }: TrackReception, silent: boolean, now: number): TrackStats {
	const facts = track.kind === 'video' ? track.facts : undefined;
	return {
		kind: track.kind,
		codec: track.codec,
		...profileOf(track),
		...(facts && { width: facts.width, height: facts.height }),
		packets_received: reception?.received ?? meter.packets,
		packets_lost: reception?.lost ?? 0,
		packets_reordered: reception?.reordered ?? 0,
		packets_duplicate: reception?.duplicates ?? 0,
		...(reception && { jitter_ms: Math.round(reception.jitter * 100) / 100 }),
		current_bitrate: Math.round(meter.bitrate(now)),
		...(meter.lastPacket !== undefined && { last_packet_age_ms: age(meter.lastPacket, now) }),
		...(silent && { silent: true as const }),
	};
}

function profileOf(track: Track): { profile?: string; level?: string } {
	const known = track.kind === 'video' ? videoProfile(track) : undefined;
	return known ? { profile: known.profile, level: known.level } : {};
}

function isSilent(stream: Stream, { id }: Track): boolean {
	return stream.muted.some(({ track }) => track.id === id);
}

function connectionOf({ ingest: { connection } }: Stream): Pick<StreamInfo, 'transport' | 'transport_reason'> {
	return {
		...(connection && { transport: connection.transport }),
		...(connection?.reason !== undefined && { transport_reason: connection.reason }),
	};
}

function lastErrorOf({ lastError }: Stream): Pick<StreamInfo, 'last_error'> {
	if (!lastError) return {};
	const { error, at, over } = lastError;
	return { last_error: { code: error.code, message: redact(error.message), at: iso(at), ...(over && { over }) } };
}

function age(at: number, now: number): number {
	return Math.max(0, Math.round(now - at));
}

function tenths(value: number): number {
	return Math.round(value * 10) / 10;
}

function iso(wall: number): string {
	return new Date(wall).toISOString();
}
