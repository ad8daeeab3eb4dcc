import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Auth } from '../../auth/auth.ts';
import { DualcastError } from '../../base/errors.ts';
import { methodNotAllowed } from '../error-handler.ts';
import { grantOf, guard, guardOverview } from '../guard.ts';
import { knownQuery } from '../known-query.ts';
import { jsonBody } from '../request-body.ts';
import { hasLeft, noteDeparture } from './departure.ts';
import { ClusterEvents } from './events.ts';
import type { ClusterInfo, ClusterPort } from './port.ts';

const MAX_BODY_BYTES = 1024;

const ALONE: ClusterInfo = { role: 'standalone', connected: false, nodes: [] };

/** Body of a request to drain; `false` takes the node back. */
export const draining = z.strictObject({ drain: z.boolean().default(true) });

/** `/api/v1/cluster`: the nodes, changes as they come, and draining a node, which takes an admin's token. */
export function clusterRouter(cluster: ClusterPort | undefined, auth: Auth): Router {
	const router = Router({ caseSensitive: true });
	const mayLook = guardOverview(auth.access);
	const plain = knownQuery([]);
	const mayDrain = guard(auth.access, () => ({ action: 'admin' }));
	const events = cluster && new ClusterEvents(cluster);
	const readOnly = methodNotAllowed('GET', 'HEAD');

	router
		.route('/')
		.get(mayLook, plain, (_request, response) => {
			response.json(cluster?.info() ?? ALONE);
		})
		.all(readOnly);
	router.route('/nodes').get(mayLook, plain, nodes).all(readOnly);
	// Express would answer HEAD by GET, which does not end.
	router
		.route('/events')
		.head(methodNotAllowed('GET'))
		.get(noteDeparture, mayLook, plain, watch)
		.all(methodNotAllowed('GET'));
	router
		.route('/nodes/:node/drain')
		.post(mayDrain, jsonBody(MAX_BODY_BYTES), (request, response) => drain(request, response, wish(request)))
		.delete(mayDrain, (request, response) => drain(request, response, false))
		.all(methodNotAllowed('POST', 'DELETE'));
	return router;

	function nodes(_request: Request, response: Response): void {
		response.json(requireCluster(cluster).info().nodes);
	}

	function watch(_request: Request, response: Response): void {
		requireCluster(cluster);
		if (hasLeft(response)) return;
		events?.send(response);
		const grant = grantOf(response);
		if (!grant) return;
		const unwatch = auth.sessions.add(grant, () => response.end());
		response.once('close', unwatch);
	}

	async function drain(request: Request, response: Response, on: boolean): Promise<void> {
		await requireCluster(cluster).drain(String(request.params.node), on);
		response.status(204).end();
	}
}

/** `/cluster/nodes`, as older dashboards ask for it. */
export function clusterAlias(cluster: ClusterPort | undefined, auth: Auth): Router {
	const router = Router({ caseSensitive: true });
	router
		.route('/cluster/nodes')
		.get(guardOverview(auth.access), (_request, response) => {
			response.setHeader('Cache-Control', 'no-store');
			response.json(requireCluster(cluster).info().nodes);
		})
		.all(methodNotAllowed('GET', 'HEAD'));
	return router;
}

function wish(request: Request): boolean {
	const { success, data } = draining.safeParse(request.body === undefined ? {} : request.body);
	if (success) return data.drain;
	throw new DualcastError('request_invalid', 'expected {"drain": true} or {"drain": false}', {
		facts: { field: 'drain' },
	});
}

function requireCluster(cluster: ClusterPort | undefined): ClusterPort {
	if (cluster) return cluster;
	throw new DualcastError(
		'cluster_disabled',
		'this gateway stands alone; set cluster.role to main or sub in the configuration',
		{ facts: { config_key: 'cluster.role' } },
	);
}
