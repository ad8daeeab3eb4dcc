import { z } from 'zod';
import type { ErrorCode } from '../base/errors.ts';
import type { HlsStream } from './hls-streams.ts';
import type { HlsStats, StreamInfo, StreamStats, WebRtcSession } from './ports.ts';
import { PROBLEMS } from './problem.ts';

/** The bodies of the API's answers, for the OpenAPI document. */

const count = () => z.int().min(0);
const time = (description: string) => z.iso.datetime().describe(description);
const bitrate = () => z.number().min(0).describe('Bits per second.');
const streamState = z.enum(['idle', 'starting', 'live', 'recovering', 'closing', 'failed']);
const skippedTrack = z.strictObject({ codec: z.string(), reason: z.string() });

export const streamSchema = z.strictObject({
	id: z.string(),
	state: streamState,
	source: z.string().describe('Address of the camera, without credentials.'),
	on_demand: z.boolean(),
	since: time('Since when the stream is in this state.'),
	viewers: z.strictObject({ webrtc: count(), hls: count() }),
	tracks: z.array(
		z.strictObject({
			kind: z.enum(['video', 'audio']),
			codec: z.string(),
			codecs: z.string().exactOptional().describe('RFC 6381.'),
			width: count().exactOptional(),
			height: count().exactOptional(),
			frame_rate: z.number().exactOptional(),
			clock_rate: count(),
			channels: count().exactOptional(),
		}),
	),
	skipped_tracks: z
		.array(skippedTrack.extend({ output: z.enum(['all', 'hls', 'webrtc']) }))
		.describe('What is left out at the camera or by an output, and why.'),
	transport: z.enum(['tcp', 'udp']).exactOptional(),
	transport_reason: z.string().exactOptional(),
	last_error: z.strictObject({ code: z.string(), message: z.string(), at: z.iso.datetime() }).exactOptional(),
	urls: z.strictObject({ watch: z.string(), whep: z.string().exactOptional(), hls: z.string().exactOptional() }),
}) satisfies z.ZodType<StreamInfo>;

export const streamStatsSchema = z.strictObject({
	stream_id: z.string(),
	state: streamState,
	packets_received: count(),
	bytes_received: count(),
	packets_lost: count(),
	current_bitrate: bitrate(),
	frames_received: count(),
	frame_rate: z.number(),
	frames_dropped: count(),
	gop_frames: count().describe('Frames from key frame to key frame.'),
	gop_seconds: z.number(),
	gop_cache_bytes: count(),
	reconnects: count(),
	errors: count(),
	first_key_frame_ms: z.number().exactOptional().describe('From the start of the source to its first key frame.'),
	last_packet_age_ms: z.number().exactOptional(),
	readers: z.array(z.string()),
}) satisfies z.ZodType<StreamStats>;

export const hlsStatsSchema = z.strictObject({
	stream_id: z.string(),
	packets_received: count().describe('Access units written.'),
	bytes_written: count(),
	segments_created: count(),
	current_bitrate: bitrate(),
	errors: count(),
	state: z.enum(['starting', 'live']),
	started_at: time('When the output was started.'),
	last_request_at: time('When a player last asked for something.'),
	segments_in_playlist: count(),
	media_sequence: count(),
	target_duration: z.number().describe('Seconds.'),
	codecs: z.array(z.string()).describe('RFC 6381.'),
	skipped_tracks: z.array(skippedTrack),
}) satisfies z.ZodType<HlsStats>;

export const hlsStreamSchema = hlsStatsSchema
	.omit({ packets_received: true, bytes_written: true, segments_created: true, current_bitrate: true, errors: true })
	.extend({ playlist: z.string() }) satisfies z.ZodType<HlsStream>;

export const sessionSchema = z.strictObject({
	id: z.string(),
	stream_id: z.string(),
	state: z.enum(['connecting', 'connected', 'closed']),
	created_at: z.iso.datetime(),
	connected_after_ms: z.number().exactOptional().describe('From the offer until DTLS was done.'),
	first_media_after_ms: z.number().exactOptional().describe('From the offer until the first media packet was sent.'),
	remote: z.string().exactOptional(),
	packets_sent: count(),
	bytes_sent: count(),
	current_bitrate: bitrate(),
	nack_received: count(),
	packets_retransmitted: count(),
	pli_received: count(),
	loss: z.number().min(0).max(1).exactOptional().describe('Fraction, from the last receiver report.'),
	rtt_ms: z.number().exactOptional(),
	video: z.string().exactOptional(),
	audio: z.string().exactOptional(),
	skipped_tracks: z.array(skippedTrack),
}) satisfies z.ZodType<WebRtcSession>;

/** Problem details (RFC 9457); further members are facts of the case. */
export const problemSchema = z.looseObject({
	type: z.string(),
	title: z.string(),
	status: z.int(),
	detail: z.string().describe('What happened and what helps.'),
	code: z.enum(Object.keys(PROBLEMS) as ErrorCode[]).describe('Stable: decide by it.'),
});

export const livenessSchema = z.strictObject({ status: z.literal('ok'), version: z.string() });

export const readinessSchema = z.strictObject({
	status: z.enum(['ready', 'not ready']),
	problems: z.array(z.string()),
});
