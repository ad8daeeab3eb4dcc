import { AVOID, ELSEWHERE, type Json, parameter, problem } from './parts.ts';

const FILE = parameter('file', 'path', 'Name in a playlist.');
const LOW_LATENCY: readonly Json[] = [
	parameter('_HLS_msn', 'query', 'Answer when this segment is there.'),
	parameter('_HLS_part', 'query', 'Answer when this part of it is there.'),
	parameter('_HLS_skip', 'query', '`YES` or `v2`: a delta update will do.'),
];

/** The part of the OpenAPI document about HLS. @param id the stream in a path */
export function hlsPaths(id: Json): Json {
	return {
		'/hls/{id}/index.m3u8': playlist('Watch a stream by HLS', id),
		'/hls/{id}/master.m3u8': playlist('The same with its codecs, size and rates', id),
		'/hls/{id}/ll.m3u8': playlist('Watch a stream by low-latency HLS', id, ...LOW_LATENCY),
		'/hls/{id}/ll-master.m3u8': playlist('The same with its codecs, size and rates', id),
		'/hls/{id}/{file}': {
			get: {
				summary: 'A segment, a part of one, or an initialization segment',
				parameters: [id, FILE],
				responses: {
					200: { description: 'The whole', content: media() },
					206: { description: 'The range that was asked for', content: media() },
					416: { description: 'The range is outside' },
					default: problem(),
				},
			},
		},
	};
}

function playlist(summary: string, ...parameters: readonly Json[]): Json {
	return {
		get: {
			summary,
			description: 'The first request starts the camera, and is answered when there is something to play.',
			parameters: [...parameters, AVOID],
			responses: {
				200: {
					description: 'Playlist',
					headers: { ETag: { schema: { type: 'string' } } },
					content: { 'application/vnd.apple.mpegurl': { schema: { type: 'string' } } },
				},
				304: { description: 'As If-None-Match says' },
				...ELSEWHERE,
				default: problem(),
			},
		},
	};
}

function media(): Json {
	return { 'video/mp2t': {}, 'video/mp4': {} };
}
