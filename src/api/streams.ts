import { Router } from 'express';
import { methodNotAllowed } from './error-handler.ts';
import type { StreamsPort } from './ports.ts';
import { streamIdOf, streamNotFound } from './stream-path.ts';

/** `/api/v1/streams`: every configured stream. */
export function streamsRouter(streams: StreamsPort): Router {
	const router = Router({ caseSensitive: true });
	const readOnly = methodNotAllowed('GET', 'HEAD');

	router
		.route('/')
		.get((_request, response) => {
			response.json(streams.list());
		})
		.all(readOnly);

	router
		.route('/*id/stats')
		.get((request, response) => {
			const stats = streams.stats(streamIdOf(request));
			if (!stats) throw streamNotFound();
			response.json(stats);
		})
		.all(readOnly);

	router
		.route('/*id')
		.get((request, response) => {
			const stream = streams.get(streamIdOf(request));
			if (!stream) throw streamNotFound();
			response.json(stream);
		})
		.all(readOnly);

	return router;
}
