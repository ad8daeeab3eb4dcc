/** A stream's name as a URL path: its slashes stay, everything else is escaped. */
function pathOf(streamId: string): string {
	return streamId.split('/').map(encodeURIComponent).join('/');
}

/** Where one gateway answers, as absolute URLs. */
export type GatewayUrls = {
	streams(): string;
	stream(id: string): string;
	watch(id: string): string;
	whep(id: string): string;
	hls(id: string): string;
};

/**
 * The URLs of the gateway at `base`.
 *
 * @param base an absolute URL, such as `https://cameras.example`; a trailing slash does not matter
 */
export function gatewayUrls(base: string): GatewayUrls {
	const root = base.replace(/\/+$/, '');
	return {
		streams: () => `${root}/api/v1/streams`,
		stream: (id) => `${root}/api/v1/streams/${pathOf(id)}`,
		watch: (id) => `${root}/watch/${pathOf(id)}`,
		whep: (id) => `${root}/whep/${pathOf(id)}`,
		hls: (id) => `${root}/hls/${pathOf(id)}/index.m3u8`,
	};
}

/** The stream named by the path of a watch page, `/watch/<id>`; empty when there is none. */
export function streamIdOfWatchPath(pathname: string): string {
	const escaped = /^\/watch\/(.*?)\/*$/.exec(pathname)?.[1] ?? '';
	try {
		return escaped.split('/').map(decodeURIComponent).join('/');
	} catch {
		return escaped;
	}
}
