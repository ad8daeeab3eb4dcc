import { z } from 'zod';
import { draining } from '../cluster/cluster.ts';
import type { ClusterInfo, ClusterNodeInfo } from '../cluster/port.ts';
import { type Json, jsonAnswer, problem, ref } from './parts.ts';
import { ADMIN, OVERVIEW } from './security.ts';

const count = () => z.int().nonnegative();

export const clusterNodeSchema = z.strictObject({
	id: z.string(),
	role: z.enum(['main', 'sub']),
	state: z.enum(['live', 'draining', 'silent']).describe('`silent`: not heard of, while Redis is away.'),
	http_url: z.string().describe('Where viewers reach it.'),
	rtsp_url: z.string().exactOptional().describe('Where other nodes pull streams from it.'),
	capacity: count().describe('Viewers it takes at most.'),
	viewers: count(),
	viewers_coming: count().describe('Sent to it, and not there yet.'),
	current_bitrate: z.number().nonnegative().describe('To viewers, in bits per second.'),
	cpu: z.number().nonnegative().describe('Of the process, as a share of one core.'),
	event_loop_delay_ms: z.number().nonnegative().describe('99th percentile since the last heartbeat.'),
	version: z.string(),
	streams: z.array(z.strictObject({ id: z.string(), viewers: count() })).describe('Streams it serves.'),
	cameras: z.array(z.string()).describe('Cameras it owns.'),
	last_seen: z.iso.datetime(),
}) satisfies z.ZodType<ClusterNodeInfo>;

export const clusterSchema = z.strictObject({
	node: z.string().exactOptional().describe('The node that answers; absent where a gateway stands alone.'),
	role: z.enum(['standalone', 'main', 'sub']),
	connected: z.boolean().describe('Redis answers; otherwise the nodes are as they were when it last did.'),
	nodes: z.array(clusterNodeSchema),
}) satisfies z.ZodType<ClusterInfo>;

const NODE: Json = {
	name: 'node',
	in: 'path',
	required: true,
	description: 'Id of the node.',
	schema: { type: 'string' },
};
const { $schema: _, ...drainingBody } = z.toJSONSchema(draining, { io: 'input' });
const nodes: Json = { type: 'array', items: ref('ClusterNode') };
const reading = (summary: string, schema: Json): Json => ({
	get: { summary, ...OVERVIEW, responses: { 200: jsonAnswer(summary, schema), default: problem() } },
});

/** The part of the OpenAPI document about the cluster. */
export const clusterPaths: Json = {
	'/api/v1/cluster': reading('The cluster as this node sees it', ref('Cluster')),
	'/api/v1/cluster/nodes': reading('Every node', nodes),
	'/cluster/nodes': reading('Every node (for older dashboards)', nodes),
	'/api/v1/cluster/guide': {
		get: {
			summary: 'Where the player of a viewer goes when this node ends or is drained',
			parameters: [
				{
					name: 'stream',
					in: 'query',
					schema: { type: 'string' },
					description: 'What the viewer watches: its right to it counts',
				},
			],
			responses: {
				200: {
					description:
						'Server-sent events: `place` with `{node, mains}`, this node and the addresses of the mains to ask when it is ' +
						'gone; `move` with `{node}` when it is to be left; `end` with `{code}` as the last one when the token is ' +
						'revoked or has expired',
					content: { 'text/event-stream': { schema: { type: 'string' } } },
				},
				204: { description: 'Not a cluster' },
				default: problem(),
			},
		},
	},
	'/api/v1/cluster/events': {
		get: {
			summary: 'The cluster, again with each change',
			...OVERVIEW,
			responses: {
				200: {
					description: 'Server-sent events `cluster`, each with a `Cluster` as JSON',
					content: { 'text/event-stream': { schema: { type: 'string' } } },
				},
				default: problem(),
			},
		},
	},
	'/api/v1/cluster/nodes/{node}/drain': {
		post: {
			summary: "Send no new viewers to a node and ask those it has to move, with an admin's token",
			...ADMIN,
			parameters: [NODE],
			requestBody: { required: false, content: { 'application/json': { schema: drainingBody } } },
			responses: { 204: { description: 'Marked' }, default: problem() },
		},
		delete: {
			summary: "Let a node take viewers again, with an admin's token",
			...ADMIN,
			parameters: [NODE],
			responses: { 204: { description: 'The mark is gone' }, default: problem() },
		},
	},
};
