import { z } from 'zod';
import { auth } from './auth.ts';
import { checkCluster, cluster } from './cluster.ts';
import type { DeepReadonly } from './deep-freeze.ts';
import { duration } from './duration.ts';
import { choice, flag, list, listenHost, port, section, text, whole } from './fields.ts';
import { checkUdpPorts, rtspServer } from './rtsp-server.ts';
import { security } from './security.ts';
import { stream } from './stream.ts';
import { streamId } from './stream-id.ts';
import { checkTcpPorts } from './tcp-ports.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const tls = section({
	port: port().default(8443).describe('TCP port; 0 takes a free one.'),
	cert: text(4096).describe('File of the certificate in PEM, with its chain; looked at again when it changes.'),
	key: text(4096).describe('File of its private key in PEM, without a passphrase.'),
});

const server = section({
	host: listenHost()
		.default('0.0.0.0')
		.describe('Address to listen on; 0.0.0.0 is every network of this machine, 127.0.0.1 this machine alone.'),
	port: port().default(8107).describe('TCP port of the pages, the API, HLS and WHEP; 0 takes a free one.'),
	tls: tls
		.nullable()
		.prefault(null)
		.describe(
			'The same over HTTPS and HTTP/2, with cert, key and port (8443); low-latency HLS on Apple devices needs it.',
		),
});

const log = section({
	level: choice(['debug', 'info', 'warn', 'error']).default('info').describe('Lines below this level are left out.'),
	format: choice(['auto', 'pretty', 'json'])
		.default('auto')
		.describe('pretty for people, json (one object a line) for machines, auto: pretty on a terminal, else json.'),
});

const lowLatency = section({
	enabled: flag().default(true).describe('Offer low-latency HLS too, at /hls/<stream>/ll.m3u8.'),
	part_duration: duration(0.1 * SECOND, 2 * SECOND)
		.prefault('200ms')
		.describe('Length of a part, to the nearest frame; players stay three parts behind.'),
});

const hls = section({
	enabled: flag().default(true).describe('Offer the streams by HLS, at /hls/<stream>/index.m3u8.'),
	variant: choice(['ts', 'fmp4'])
		.default('ts')
		.describe('Segments of index.m3u8: ts is MPEG-TS, which everything plays; fmp4 carries H.265 and Opus too.'),
	low_latency: lowLatency.prefault({}).describe('Low-latency HLS.'),
	segment_duration: duration(0.5 * SECOND, 10 * SECOND)
		.prefault(1)
		.describe('Shortest segment, in seconds; a segment ends at the first key frame after it.'),
	segment_count: whole(3, 30).default(3).describe('Segments in the playlist.'),
	output_dir: text(4096)
		.default('hls')
		.describe('Folder of the segment files, one folder for each stream; relative to where Dualcast was started.'),
	cleanup_threshold: whole(3, 1000)
		.default(20)
		.describe('Segment files kept for each stream; older ones are deleted. At least segment_count.'),
	enable_compression: flag().default(false).describe('Send playlists compressed to players that accept it.'),
	idle_timeout: duration(5 * SECOND, HOUR)
		.prefault('15s')
		.describe('Time without a request after which a player counts as gone.'),
}).superRefine((settings, context) => {
	if (settings.cleanup_threshold >= settings.segment_count) return;
	const message = 'must not be smaller than hls.segment_count';
	context.addIssue({ code: 'custom', path: ['cleanup_threshold'], message, input: settings.cleanup_threshold });
});

const ICE_URL = /^(?:stuns?|turns?):[^\s<>"]+$/;
const iceUrl = text().regex(ICE_URL, { error: 'expected stun:host:port, turn:host:port or turns:host:port' });

/** It travels in an HTTP header. */
const headerText = text(512).regex(/^[\x20-\x7e]+$/, { error: 'expected ASCII characters only' });

const iceServer = section({
	urls: z
		.union([iceUrl, list(iceUrl, 8)], { error: 'expected an address such as stun:host:port, or a list of them' })
		.transform((urls) => (typeof urls === 'string' ? [urls] : urls))
		.describe('One address or a list: stun:host:port, turn:host:port, turns:host:port.'),
	username: headerText.optional().describe('User name at a TURN server.'),
	credential: headerText.optional().describe('Password at a TURN server; it is handed to every viewer.'),
	secret: text(512)
		.optional()
		.describe(
			'Instead of the two: the secret shared with the TURN server, from which each viewer gets a password for a day.',
		),
}).superRefine(({ urls, username, credential, secret }, context) => {
	const refuse = (key: string, message: string) =>
		context.addIssue({ code: 'custom', path: [key], message, input: undefined });
	if (secret !== undefined) {
		if (username !== undefined || credential !== undefined)
			refuse('secret', 'is given beside username and credential; take one out');
		return;
	}
	// A browser that is given a TURN server without them opens no connection. One address that was refused is no list yet.
	if (![urls].flat().some((url) => url.startsWith('turn'))) return;
	const missing = 'is missing; a TURN server needs username and credential, or secret';
	if (username === undefined) refuse('username', missing);
	else if (credential === undefined) refuse('credential', missing);
});

const HOST = /^[A-Za-z0-9.:_-]+$/;

const webrtc = section({
	enabled: flag().default(true).describe('Offer the streams by WebRTC, at POST /whep/<stream>.'),
	udp_port: port().default(8189).describe('UDP port of the media of every viewer; 0 takes a free one.'),
	tcp_port: port()
		.nullable()
		.default(null)
		.describe('TCP port of the media for viewers whose network blocks UDP; null for none.'),
	additional_hosts: list(text(255).regex(HOST, { error: 'expected an IP address or a host name, without a port' }))
		.default([])
		.describe(
			'Addresses at which viewers reach this machine beyond its own: the public one behind a router, the ' +
				"host's one in a container.",
		),
	ice_servers: list(iceServer, 8)
		.prefault([])
		.describe(
			'STUN and TURN servers told to WHEP players (header Link), each with urls and, for TURN, username and ' +
				"credential, or the secret shared with it. Dualcast's own player uses none.",
		),
	max_sessions: whole(1, 100_000).default(1000).describe('Viewers at once, all streams together.'),
	transport: choice(['auto', 'native', 'typescript'])
		.default('auto')
		.describe(
			'What encrypts and sends the media: native where it is built, else typescript. Native serves more viewers.',
		),
	threads: whole(1, 64)
		.nullable()
		.default(null)
		.describe('Threads of the native transport; null for one fewer than the machine has cores, at least one.'),
});

const onDemand = section({
	start_timeout: duration(SECOND, MINUTE).prefault('5s').describe('Longest wait of a viewer for a camera to start.'),
	close_after: duration(0, 24 * HOUR)
		.prefault('30s')
		.describe('How long a camera stays open after its last viewer left.'),
});

const probe = section({
	enabled: flag()
		.default(true)
		.describe('Let the API and the pages look at a camera by its address, at POST /api/v1/probe.'),
	local: flag()
		.default(false)
		.describe('Look at cameras on this machine too (127.0.0.1, link-local addresses); the command always may.'),
});

const streams = z.record(streamId, stream, {
	error: ({ code }) => (code === 'invalid_type' ? 'expected streams by name; {} for none' : undefined),
});

const streamExamples = [
	{ 'CCTV-TEST': 'rtsp://user:password@192.0.2.10:554/stream1' },
	{
		'yard/gate': {
			source: 'rtsp://192.0.2.11:554/h264',
			username: 'viewer',
			// biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
			password: '${GATE_PASSWORD}',
			on_demand: false,
			transport: 'tcp',
		},
	},
];

/** The configuration file: the one source of its keys, types, defaults, limits and documentation. */
export const configSchema = section({
	server: server.prefault({}).describe('HTTP server.'),
	log: log.prefault({}).describe('Log, on standard error.'),
	hls: hls.prefault({}).describe('HLS output.'),
	webrtc: webrtc.prefault({}).describe('WebRTC output.'),
	rtsp_server: rtspServer.prefault({}).describe('RTSP output, for players, recorders and other gateways.'),
	auth: auth.prefault({}).describe('Who may watch, and tokens.'),
	security: security.prefault({}).describe('What is let through, and what is not.'),
	cluster: cluster.prefault({}).describe('Several machines as one.'),
	on_demand: onDemand.prefault({}).describe('When cameras are opened and closed.'),
	probe: probe.prefault({}).describe('Looking at cameras that are not configured.'),
	streams: streams.prefault({ demo: 'demo' }).meta({
		description: 'Cameras by name: an address, or settings. Without this key there is the built-in demo camera.',
		examples: streamExamples,
	}),
})
	.superRefine(checkTcpPorts)
	.superRefine(checkUdpPorts)
	.superRefine(checkCluster);

/**
 * The configuration, checked, complete and frozen. Keys are named as in the file; every duration is in
 * milliseconds, whatever unit the file gave.
 */
export type Config = DeepReadonly<z.output<typeof configSchema>>;
