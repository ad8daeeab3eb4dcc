import { Router } from 'express';
import type { Access } from '../auth/access.ts';
import { permits } from '../auth/grant.ts';
import { DualcastError } from '../base/errors.ts';
import { methodNotAllowed } from './error-handler.ts';
import { grantOf, guard, readsStream } from './guard.ts';
import { knownQuery } from './known-query.ts';
import type { HlsPort, HlsStats, StreamsPort } from './ports.ts';
import { streamIdOf, streamNotFound } from './stream-path.ts';

/** A running HLS output without its counters. */
export type HlsStream = Omit<
	HlsStats,
	'packets_received' | 'bytes_written' | 'segments_created' | 'current_bitrate' | 'errors'
> & {
	/** Path of its playlist. */
	playlist: string;
};

/** `/api/v1/hls/streams`: the running HLS outputs that the caller may read. */
export function hlsStreamsRouter(hls: HlsPort | undefined, streams: StreamsPort, access: Access): Router {
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
				const outputs = requireHls(hls).list();
				const readable = outputs.filter(({ stream_id }) => grant === undefined || permits(grant, 'read', stream_id));
				response.json(readable.map(overview));
			},
		)
		.all(readOnly);

	router
		.route('/*id/stats')
		.get(mayRead, (request, response) => {
			response.json(running(streamIdOf(request)));
		})
		.all(readOnly);

	router
		.route('/*id')
		.get(mayRead, (request, response) => {
			response.json(overview(running(streamIdOf(request))));
		})
		.all(readOnly);

	return router;

	function running(id: string): HlsStats {
		const output = requireHls(hls).get(id);
		if (output) return output;
		if (!streams.get(id)) throw streamNotFound();
		throw new DualcastError(
			'hls_not_found',
			'nobody watches this stream by HLS now; the output starts when its playlist is asked for',
		);
	}
}

/** The port, or the error that names the key to change. */
export function requireHls(hls: HlsPort | undefined): HlsPort {
	if (hls) return hls;
	throw new DualcastError('hls_disabled', 'HLS is switched off; set hls.enabled to true in the configuration', {
		facts: { config_key: 'hls.enabled' },
	});
}

function overview(stats: HlsStats): HlsStream {
	const { packets_received, bytes_written, segments_created, current_bitrate, errors, ...rest } = stats;
	return { ...rest, playlist: `/hls/${stats.stream_id}/${stats.part_target === undefined ? 'index' : 'll'}.m3u8` };
}
