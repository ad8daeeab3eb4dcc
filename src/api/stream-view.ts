import type { Clock } from '../base/clock.ts';
import { redact } from '../base/redact.ts';
import type { Track } from '../media/track.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import type { HlsPort, StreamInfo, StreamStats, StreamsPort, WebRtcPort } from './ports.ts';

export type StreamViewOptions = {
	registry: StreamRegistry;
	clock: Clock;
	/** Undefined where an output is switched off. */
	hls: (Pick<HlsPort, 'get'> & { viewers(id: string): number }) | undefined;
	webrtc: (Pick<WebRtcPort, 'sessions'> & { viewers(id: string): number }) | undefined;
};

/** The streams as the API shows them: the hub's state put together with what the outputs know. */
export function createStreamView(options: StreamViewOptions): StreamsPort {
	const { registry, clock } = options;
	return {
		list: () => registry.list().map((stream) => info(stream, options)),
		get(id) {
			const stream = registry.get(id);
			return stream && info(stream, options);
		},
		stats(id) {
			const stream = registry.get(id);
			return stream && stats(stream, clock.now());
		},
	};
}

function info(stream: Stream, { hls, webrtc }: StreamViewOptions): StreamInfo {
	const { id, state, ingest, lastError } = stream;
	const connection = ingest.connection;
	return {
		id,
		state: state.name,
		source: stream.label,
		on_demand: stream.onDemand,
		since: iso(state.since),
		viewers: { webrtc: webrtc?.viewers(id) ?? 0, hls: hls?.viewers(id) ?? 0 },
		tracks: stream.tracks.map(trackInfo),
		skipped_tracks: [
			...ingest.skipped.map(({ codec, reason }) => ({ codec, reason, output: 'all' as const })),
			...(hls?.get(id)?.skipped_tracks ?? []).map((skipped) => ({ ...skipped, output: 'hls' as const })),
			...webrtcSkipped(id, webrtc),
		],
		...(connection && { transport: connection.transport }),
		...(connection?.reason && { transport_reason: connection.reason }),
		...(lastError && {
			last_error: {
				code: lastError.error.code,
				message: redact(lastError.error.message),
				at: iso(lastError.at),
			},
		}),
		urls: {
			watch: `/watch/${id}`,
			...(webrtc && { whep: `/whep/${id}` }),
			...(hls && { hls: `/hls/${id}/index.m3u8` }),
		},
	};
}

/** What some viewer of the stream goes without; each reason once. */
function webrtcSkipped(id: string, webrtc: StreamViewOptions['webrtc']): StreamInfo['skipped_tracks'] {
	const reasons = new Map<string, StreamInfo['skipped_tracks'][number]>();
	for (const session of webrtc?.sessions() ?? []) {
		if (session.stream_id !== id) continue;
		for (const skipped of session.skipped_tracks) {
			reasons.set(`${skipped.codec} ${skipped.reason}`, { ...skipped, output: 'webrtc' });
		}
	}
	return [...reasons.values()];
}

function trackInfo(track: Track): StreamInfo['tracks'][number] {
	const base = { kind: track.kind, codec: track.codec, clock_rate: track.clockRate };
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
	const { ingest, readers } = stream;
	const silence = ingest.silence(now);
	return {
		stream_id: stream.id,
		state: stream.state.name,
		packets_received: ingest.packets,
		bytes_received: ingest.bytes,
		packets_lost: ingest.lost,
		current_bitrate: Math.round(ingest.bitrate(now)),
		frames_received: ingest.frameCount,
		frame_rate: Math.round(ingest.frameRate(now) * 10) / 10,
		frames_dropped: ingest.dropped,
		gop_frames: readers.gop.frames,
		gop_seconds: Math.round(readers.gop.seconds * 1000) / 1000,
		gop_cache_bytes: readers.cache.bytes,
		reconnects: stream.reconnects,
		errors: stream.errors,
		...(stream.firstKeyAfter !== undefined && { first_key_frame_ms: Math.round(stream.firstKeyAfter) }),
		...(silence !== undefined && { last_packet_age_ms: Math.round(silence) }),
		readers: readers.names,
	};
}

function iso(wall: number): string {
	return new Date(wall).toISOString();
}
