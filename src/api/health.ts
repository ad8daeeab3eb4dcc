import { Router } from 'express';
import { methodNotAllowed } from './error-handler.ts';
import type { ReadinessPort } from './ports.ts';

/** `/livez`: the process answers. `/readyz`: it can serve viewers; if not, 503 and why. */
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
			response.status(problems.length === 0 ? 200 : 503);
			response.json({ status: problems.length === 0 ? 'ready' : 'not ready', problems });
		})
		.all(readOnly);

	return router;
}
