const ALIAS = /^\/(?!(?:api|assets|hls|watch|whep)\/)([^?]+)\/whep\/?(\?.*)?$/;

/**
 * `/<stream>/whep`, as players made for MediaMTX have it, with a slash at the end or without, is `/whep/<stream>`.
 *
 * @param url path and query
 * @returns the same one under `/whep/`; what is no alias, as it is
 */
export function withoutAlias(url: string): string {
	const [, stream, query = ''] = ALIAS.exec(url) ?? [];
	return stream === undefined ? url : `/whep/${stream}${query}`;
}
