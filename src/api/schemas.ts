import { z } from 'zod';
import type { ErrorCode } from '../base/errors.ts';
import type { ProbeReport } from '../probe/report.ts';
import type { Verdict } from '../probe/verdict.ts';
import type { HlsStream } from './hls-streams.ts';
import type { HlsStats, RtspReader, StreamInfo, StreamStats, TrackStats } from './ports.ts';
import { PROBLEMS } from './problem.ts';
import type { ViewerTotals, WebRtcConnection, WebRtcSession, WebRtcSessionDetails } from './whep/webrtc-port.ts';

/** The bodies of the API's answers, for the OpenAPI document. */

const count = () => z.int().min(0);
const time = (description: string) => z.iso.datetime().describe(description);
const bitrate = () => z.number().min(0).describe('Bits per second.');
const optionalAge = (description: string) => z.number().min(0).exactOptional().describe(`Milliseconds; ${description}`);
const silent = () =>
	z
		.literal(true)
		.exactOptional()
		.describe('Nothing has come of this track for a while, although the camera is connected and sends others.');
const transport = z.enum(['tcp', 'udp', 'multicast', 'http', 'websocket']);
const transportReason = () =>
	z.string().exactOptional().describe('Why this transport, when it was not the first choice.');
const lastError = z.strictObject({
	code: z.string(),
	message: z.string(),
	at: z.iso.datetime(),
	over: z.literal(true).exactOptional().describe('The camera was reached again since.'),
});
const serverName = () => z.string().exactOptional().describe('What the camera calls itself.');
const roundTrip = () => optionalAge('for a short question to the camera and back.');
const streamState = z.enum(['idle', 'starting', 'live', 'recovering', 'closing', 'failed']);
const skippedTrack = z.strictObject({ codec: z.string(), reason: z.string() });

const viewerTotals = z.strictObject({
	packets_sent: count(),
	frames_sent: count(),
	bytes_sent: count(),
	current_bitrate: bitrate(),
	nack_received: count(),
	packets_retransmitted: count(),
	pli_received: count(),
}) satisfies z.ZodType<ViewerTotals>;

export const streamSchema = z.strictObject({
	id: z.string(),
	state: streamState,
	source: z.string().describe('Address of the camera, without credentials.'),
	on_demand: z.boolean(),
	since: time('Since when the stream is in this state.'),
	viewers: z.strictObject({ webrtc: count(), hls: count(), rtsp: count().exactOptional() }),
	webrtc_totals: viewerTotals.exactOptional().describe('Sums over the WebRTC viewers who are there now.'),
	tracks: z.array(
		z.strictObject({
			kind: z.enum(['video', 'audio']),
			codec: z.string(),
			codecs: z.string().exactOptional().describe('RFC 6381.'),
			width: count().exactOptional(),
			height: count().exactOptional(),
			frame_rate: z.number().exactOptional().describe('As the parameter sets say; /stats has what was measured.'),
			profile: z.string().exactOptional(),
			level: z.string().exactOptional(),
			clock_rate: count(),
			channels: count().exactOptional(),
			silent: silent(),
		}),
	),
	skipped_tracks: z
		.array(skippedTrack.extend({ output: z.enum(['all', 'hls', 'webrtc']) }))
		.describe('What is left out at the camera or by an output, and why.'),
	transport: transport.exactOptional(),
	transport_reason: transportReason(),
	last_error: lastError.exactOptional(),
	urls: z.strictObject({
		watch: z.string(),
		whep: z.string().exactOptional(),
		hls: z.string().exactOptional(),
		ll_hls: z.string().exactOptional().describe('With low latency, where that is switched on.'),
		rtsp: z.string().exactOptional().describe('What follows the host in an rtsp:// URL.'),
	}),
}) satisfies z.ZodType<StreamInfo>;

const verdictSchema = z.strictObject({
	output: z.enum(['webrtc_chrome', 'webrtc_firefox', 'webrtc_safari', 'hls_ts', 'hls_ll']),
	verdict: z.enum(['plays', 'plays_without_sound', 'needs_transcoding', 'no']),
	reasons: z.array(z.string()).describe('Why it is no better, and what else is worth knowing.'),
	cures: z.array(z.string()).describe('Settings of the camera that would help.'),
}) satisfies z.ZodType<Verdict>;

const trackStatsSchema = z.strictObject({
	kind: z.enum(['video', 'audio']),
	codec: z.string(),
	profile: z.string().exactOptional(),
	level: z.string().exactOptional(),
	width: count().exactOptional(),
	height: count().exactOptional(),
	packets_received: count(),
	packets_lost: count(),
	packets_reordered: count(),
	packets_duplicate: count(),
	jitter_ms: optionalAge('interarrival jitter (RFC 3550).'),
	current_bitrate: bitrate(),
	last_packet_age_ms: optionalAge('since the last packet.'),
	silent: silent(),
}) satisfies z.ZodType<TrackStats>;

const rtspReaderSchema = z.strictObject({
	id: z.string(),
	state: z.enum(['ready', 'playing', 'paused']),
	transport: z.enum(['tcp', 'udp']),
	remote: z.string(),
	user_agent: z.string().exactOptional(),
	connected_at: time('When the client connected.'),
	packets_sent: count(),
	bytes_sent: count().describe('RTP payload.'),
	frames_dropped: count().describe('Left out because the client was too slow.'),
}) satisfies z.ZodType<RtspReader>;

export const streamStatsSchema = z.strictObject({
	stream_id: z.string(),
	state: streamState,
	packets_received: count(),
	bytes_received: count(),
	packets_lost: count(),
	packets_reordered: count().describe('Came after one with a higher sequence number.'),
	packets_duplicate: count(),
	current_bitrate: bitrate(),
	frames_received: count(),
	frame_rate: z.number().describe('Measured over the last seconds.'),
	frames_dropped: count(),
	gop_frames: count().describe('Frames from key frame to key frame.'),
	gop_seconds: z.number(),
	b_frames: z.boolean().exactOptional().describe('Absent before it is known.'),
	gop_cache_bytes: count(),
	reconnects: count(),
	errors: count(),
	last_error: lastError.exactOptional(),
	transport: transport.exactOptional(),
	transport_reason: transportReason(),
	server: serverName(),
	rtt_ms: roundTrip(),
	first_packet_ms: optionalAge('from the last start of the camera to its first packet.'),
	first_key_frame_ms: optionalAge('from the last start of the camera to its first key frame.'),
	last_packet_age_ms: optionalAge('since the last packet.'),
	last_key_frame_age_ms: optionalAge('since the last key frame.'),
	tracks: z.array(trackStatsSchema).describe('Counted since the camera was connected the last time (RFC 3550).'),
	outputs: z.array(verdictSchema).describe('Where the camera plays as it is; empty before its tracks are known.'),
	readers: z.array(z.string()),
	rtsp_readers: z.array(rtspReaderSchema).exactOptional(),
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
	part_target: z.number().exactOptional().describe('Seconds; of low-latency outputs only.'),
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
	first_media_after_ms: z
		.number()
		.exactOptional()
		.describe('From the offer until the first media packet was sent, of the picture if there is one.'),
	first_frame_shown_after_ms: z
		.number()
		.exactOptional()
		.describe('From the offer until the first picture was on the screen, as the player says.'),
	remote: z.string().exactOptional().describe("The viewer's side of the nominated candidate pair."),
	local: z.string().exactOptional().describe('Our side; `*` where it may be one of several offered addresses.'),
	transport: z.enum(['native', 'typescript']).describe('What encrypts and sends its media.'),
	packets_sent: count(),
	frames_sent: count().exactOptional().describe('Pictures, replays included; absent where there is sound alone.'),
	bytes_sent: count(),
	current_bitrate: bitrate(),
	nack_received: count(),
	packets_retransmitted: count(),
	pli_received: count(),
	loss: z.number().min(0).max(1).exactOptional().describe('Fraction, from the last receiver report.'),
	rtt_ms: z.number().exactOptional(),
	key_frames_only: z.boolean().describe('The link is too slow for the stream.'),
	key_frames_only_ms: z.number().describe('How long in all.'),
	video: z.string().exactOptional(),
	audio: z.string().exactOptional(),
	skipped_tracks: z.array(skippedTrack).describe('Of what the camera sends now.'),
}) satisfies z.ZodType<WebRtcSession>;

export const probeReportSchema = z.strictObject({
	source: z.string().describe('Address of the camera, without credentials.'),
	server: serverName(),
	transport: transport.exactOptional(),
	transport_reason: transportReason(),
	rtt_ms: roundTrip(),
	first_packet_ms: optionalAge('from the start of the probe.'),
	first_key_frame_ms: optionalAge('from the start of the probe.'),
	media_seconds: z.number().describe('For how long media was watched.'),
	packets_received: count(),
	packets_lost: count(),
	video: z
		.strictObject({
			codec: z.string(),
			profile: z.string().exactOptional(),
			level: z.string().exactOptional(),
			codecs: z.string().exactOptional().describe('RFC 6381.'),
			width: count().exactOptional(),
			height: count().exactOptional(),
			frame_rate: z.number().exactOptional().describe('Measured.'),
			gop_frames: count().exactOptional().describe('Frames from key frame to key frame.'),
			gop_seconds: z.number().exactOptional(),
			gop_longer_than: z.number().exactOptional().describe('No second key frame came for so many seconds.'),
			gradual_refresh: z.literal(true).exactOptional().describe('There are no key frames.'),
			b_frames: z.boolean().exactOptional(),
			bitrate: bitrate().exactOptional(),
		})
		.exactOptional(),
	audio: z
		.strictObject({
			codec: z.string(),
			clock_rate: count(),
			channels: count(),
			bitrate: bitrate().exactOptional(),
		})
		.exactOptional(),
	skipped: z.array(z.strictObject({ kind: z.string(), codec: z.string(), reason: z.string() })),
	outputs: z.array(verdictSchema),
	advice: z.array(z.string()).describe('Settings of the camera that would help, each once.'),
}) satisfies z.ZodType<ProbeReport>;

export const connectionSchema = z.strictObject({
	stage: z.enum(['no_checks', 'no_handshake', 'handshake', 'no_media', 'media']),
	explanation: z.string().describe('What the stage means and what helps.'),
	offered: z.array(z.string()).describe('Addresses offered to the viewer.'),
	checks_received: count().describe('Authenticated ICE checks.'),
	dtls_datagrams_received: count(),
}) satisfies z.ZodType<WebRtcConnection>;

export const sessionDetailsSchema = sessionSchema.extend({
	connection: connectionSchema.describe('Where connecting stands, as the viewer itself can ask.'),
}) satisfies z.ZodType<WebRtcSessionDetails>;

export const tokenSchema = z.strictObject({
	token: z.string().describe('A JWT.'),
	token_type: z.literal('Bearer'),
	expires_in: count().describe('Seconds.'),
	node: z.string().nullable().describe('The cluster node it is good for.'),
	webrtc_url: z.string().exactOptional(),
	hls_url: z.string().exactOptional(),
	ll_hls_url: z.string().exactOptional(),
	watch_url: z.string().exactOptional(),
});

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
	status: z.enum(['ready', 'degraded', 'not ready']),
	problems: z.array(z.string()),
});
