import { Router } from 'express';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Access } from '../auth/access.ts';
import { methodNotAllowed } from './error-handler.ts';
import { gatewayMetrics, type MetricSources } from './gateway-metrics.ts';
import { guardOverview } from './guard.ts';

/** `/metrics`: this gateway and its process in Prometheus' text format, for an admin where watching takes a token. */
export function metricsRouter(sources: MetricSources, access: Access): Router {
	const router = Router({ caseSensitive: true });
	// Made by the first request: it watches the event loop and garbage collection, which only those who ask pay for.
	let ofProcess: Registry | undefined;

	router
		.route('/metrics')
		.get(guardOverview(access), async (_request, response) => {
			ofProcess ??= processMetrics();
			const all = Registry.merge([gatewayMetrics(sources), ofProcess]);
			const text = await all.metrics();
			response.setHeader('Content-Type', all.contentType);
			response.setHeader('Cache-Control', 'no-store');
			response.send(text);
		})
		.all(methodNotAllowed('GET', 'HEAD'));
	return router;
}

function processMetrics(): Registry {
	const register = new Registry();
	collectDefaultMetrics({ register });
	return register;
}
