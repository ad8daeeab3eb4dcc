import { Router } from 'express';
import type { Access } from '../auth/access.ts';
import { permits } from '../auth/grant.ts';
import { methodNotAllowed } from './error-handler.ts';
import { grantOf, guard, readsStream } from './guard.ts';
import { knownQuery } from './known-query.ts';
import type { StreamsPort } from './ports.ts';
import { streamIdOf, streamNotFound } from './stream-path.ts';

/** `/api/v1/streams`: the streams that the caller may read. */
export function streamsRouter(streams: StreamsPort, access: Access): Router {
	const router = Router({ caseSensitive: true });
	const mayRead = guard(access, readsStream);
	const readOnly = methodNotAllowed('GET', 'HEAD');

	router
		.route('/')
		.get(
			guard(access, () => ({ action: 'read' })),
			knownQuery([], access),
			(_request, response) => {
				const grant = grantOf(response);
				response.json(streams.list().filter(({ id }) => grant === undefined || permits(grant, 'read', id)));
			},
		)
		.all(readOnly);

	router
		.route('/*id/stats')
		.get(mayRead, (request, response) => {
			const stats = streams.stats(streamIdOf(request));
			if (!stats) throw streamNotFound();
			response.json(stats);
		})
		.all(readOnly);

	router
		.route('/*id')
		.get(mayRead, (request, response) => {
			const stream = streams.get(streamIdOf(request));
			if (!stream) throw streamNotFound();
			response.json(stream);
		})
		.all(readOnly);

	return router;
}
