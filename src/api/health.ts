import { Router } from 'express';
import { methodNotAllowed } from './error-handler.ts';
import type { ReadinessPort } from './ports.ts';

/** `/livez`: the process answers. `/readyz`: it can serve viewers, `degraded` perhaps; if not, 503 and why. */
export function healthRouter(readiness: ReadinessPort, version: string): Router {
	const router = Router({ caseSensitive: true });
	const readOnly = methodNotAllowed('GET', 'HEAD');

	router
		.route('/livez')
		.get((_request, response) => {
			response.json({ status: 'ok', version });
		})
		.all(readOnly);

	router
		.route('/readyz')
		.get((_request, response) => {
			const problems = readiness.problems();
			if (problems.length > 0) {
				response.status(503).json({ status: 'not ready', problems });
				return;
			}
			const degraded = readiness.degraded?.() ?? [];
			response.json({ status: degraded.length === 0 ? 'ready' : 'degraded', problems: degraded });
		})
		.all(readOnly);

	return router;
}
