import { z } from 'zod';
import { stream } from '../../config/stream.ts';
import {
	connectionSchema,
	hlsStatsSchema,
	hlsStreamSchema,
	livenessSchema,
	probeReportSchema,
	problemSchema,
	readinessSchema,
	sessionDetailsSchema,
	sessionSchema,
	streamSchema,
	streamStatsSchema,
	tokenSchema,
} from '../schemas.ts';
import { firstFrame } from '../whep/first-frame.ts';
import { SKIPPED_TRACKS } from '../whep/skipped-tracks-header.ts';
import { authPaths } from './auth.ts';
import { clusterNodeSchema, clusterPaths, clusterSchema } from './cluster.ts';
import { hlsPaths } from './hls.ts';
import { AVOID, ELSEWHERE, type Json, jsonAnswer, parameter, problem, ref } from './parts.ts';
import { ADMIN, FREE, OVERVIEW, SECURITY_SCHEMES, securityOf } from './security.ts';

const COMPONENTS = {
	Stream: streamSchema,
	StreamStats: streamStatsSchema,
	HlsStream: hlsStreamSchema,
	HlsStats: hlsStatsSchema,
	WebRtcSession: sessionSchema,
	WebRtcSessionDetails: sessionDetailsSchema,
	WebRtcConnection: connectionSchema,
	ProbeReport: probeReportSchema,
	Token: tokenSchema,
	Cluster: clusterSchema,
	ClusterNode: clusterNodeSchema,
	Problem: problemSchema,
	Liveness: livenessSchema,
	Readiness: readinessSchema,
} as const;

const ID = parameter('id', 'path', 'Name of the stream; its slashes stay as they are.');
const SESSION = parameter('session', 'path', 'Id of the session.');
const OF_STREAM = parameter('stream', 'query', 'Those of this stream only.');
const SDP: Json = { 'application/sdp': { schema: { type: 'string' } } };
const ETAG: Json = { ETag: { description: 'For If-Match of PATCH', schema: { type: 'string' } } };

/** The API as an OpenAPI 3.1 document; bodies come from the schemas. @param open whether everybody may watch */
export function openApiDocument(version: string, open: boolean): Json {
	const schemas = Object.entries(COMPONENTS).map(([name, schema]) => {
		const { $schema: _, ...rest } = z.toJSONSchema(schema);
		return [name, rest];
	});
	return {
		openapi: '3.1.0',
		info: { title: 'Dualcast', version, license: { name: 'MIT', identifier: 'MIT' } },
		security: securityOf(open),
		paths: {
			'/api/v1/streams': { get: reading('Every configured stream', listOf('Stream')) },
			'/api/v1/streams/{id}': { get: reading('One stream', ref('Stream'), ID) },
			'/api/v1/streams/{id}/stats': { get: reading('Counters of one stream', ref('StreamStats'), ID) },
			'/api/v1/probe': { post: probing() },
			'/api/v1/hls/streams': { get: reading('Every running HLS output', listOf('HlsStream')) },
			'/api/v1/hls/streams/{id}': { get: reading('One running HLS output', ref('HlsStream'), ID) },
			'/api/v1/hls/streams/{id}/stats': { get: reading('Counters of one HLS output', ref('HlsStats'), ID) },
			'/api/v1/webrtc/sessions': {
				get: { ...reading('Every WebRTC viewer', listOf('WebRtcSession'), OF_STREAM), ...OVERVIEW },
			},
			'/api/v1/webrtc/sessions/{session}': {
				get: {
					...reading('One WebRTC viewer, and where its connection stands', ref('WebRtcSessionDetails'), SESSION),
					...OVERVIEW,
				},
				delete: { ...ending('End a WebRTC viewer', 204), ...ADMIN },
			},
			...hlsPaths(ID),
			'/whep/{id}': { post: offering(), get: looking(204), head: looking(200) },
			'/whep/sessions/{session}': {
				get: lookingAtSession(),
				patch: updatingIce(),
				delete: ending('End a WHEP session', 200),
			},
			'/whep/sessions/{session}/first-frame': { post: tellingFirstFrame() },
			...authPaths,
			...clusterPaths,
			'/metrics': { get: measuring() },
			'/livez': { get: { ...reading('The process answers', ref('Liveness')), ...FREE } },
			'/readyz': {
				get: {
					summary: 'The gateway can serve viewers',
					...FREE,
					responses: {
						200: jsonAnswer('Ready', ref('Readiness')),
						503: jsonAnswer('Not ready, and why', ref('Readiness')),
					},
				},
			},
		},
		components: { schemas: Object.fromEntries(schemas), securitySchemes: SECURITY_SCHEMES },
	};
}

function reading(summary: string, schema: Json, ...parameters: readonly Json[]): Json {
	return { summary, parameters, responses: { 200: jsonAnswer(summary, schema), default: problem() } };
}

function ending(summary: string, status: number): Json {
	return { summary, parameters: [SESSION], responses: { [status]: { description: 'Ended' }, default: problem() } };
}

function offering(): Json {
	return {
		summary: 'Watch a stream by WebRTC (WHEP)',
		description: '`/{id}/whep` is the same, for players made for MediaMTX.',
		parameters: [ID, AVOID],
		requestBody: { required: true, description: 'SDP offer, recvonly', content: SDP },
		responses: {
			201: {
				description: 'SDP answer; the camera may still be starting, and the session ends when it fails',
				headers: {
					Location: { description: 'URL of the session', schema: { type: 'string' } },
					...ETAG,
					'Accept-Patch': { description: 'What PATCH takes', schema: { type: 'string' } },
					Link: { description: 'STUN and TURN servers (RFC 9725 4.6)', schema: { type: 'string' } },
					[SKIPPED_TRACKS]: {
						description: 'Tracks that are left out, as `aac;reason="…"` (RFC 9651); absent where all are sent',
						schema: { type: 'string' },
					},
				},
				content: SDP,
			},
			...ELSEWHERE,
			409: { ...problem(), description: 'The stream is not live: its camera is away' },
			503: {
				...problem(),
				description: 'No room for one more viewer, no node of the cluster to send it to, or WebRTC is switched off',
			},
			default: problem(),
		},
	};
}

function looking(status: number): Json {
	const summary = 'Whether a stream can be watched by WebRTC';
	const responses = { [status]: { description: 'It can' }, ...ELSEWHERE, default: problem() };
	return { summary, parameters: [ID, AVOID], responses };
}

function lookingAtSession(): Json {
	const summary = 'Where connecting stands (Accept: application/json)';
	const { responses, ...rest } = reading(summary, ref('WebRtcConnection'), SESSION);
	return { ...rest, responses: { ...(responses as Json), 204: { description: 'The session is there (plain WHEP)' } } };
}

function probing(): Json {
	const { $schema: _, ...camera } = z.toJSONSchema(stream, { io: 'input' });
	return {
		summary: 'Look at a camera once and say what it sends and where it plays',
		...OVERVIEW,
		requestBody: {
			required: true,
			description: 'A camera as under `streams` in the configuration',
			content: { 'application/json': { schema: camera } },
		},
		responses: { 200: jsonAnswer('What the camera is', ref('ProbeReport')), default: problem() },
	};
}

function measuring(): Json {
	const summary = "Gateway, streams and process in Prometheus' text format";
	const text = { 'text/plain; version=0.0.4': { schema: { type: 'string' } } };
	return { summary, ...OVERVIEW, responses: { 200: { description: summary, content: text }, default: problem() } };
}

function updatingIce(): Json {
	const fragment = { 'application/trickle-ice-sdpfrag': { schema: { type: 'string' } } };
	const ifMatch = { name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } };
	return {
		summary: 'Tell candidates or restart ICE',
		parameters: [SESSION, { ...ifMatch, description: "The session's ETag, or * to restart ICE." }],
		requestBody: { required: true, content: fragment },
		responses: {
			200: { description: 'ICE restarted: our credentials and candidates', headers: ETAG, content: fragment },
			204: { description: 'Taken' },
			429: { ...problem(), description: 'ICE was restarted too often' },
			default: problem(),
		},
	};
}

function tellingFirstFrame(): Json {
	const { $schema: _, ...schema } = z.toJSONSchema(firstFrame, { io: 'input' });
	return {
		summary: 'Tell when a player showed its first picture',
		parameters: [SESSION],
		requestBody: { required: true, content: { 'application/json': { schema } } },
		responses: { 204: { description: 'Taken; only the first time counts' }, default: problem() },
	};
}

function listOf(component: string): Json {
	return { type: 'array', items: ref(component) };
}
