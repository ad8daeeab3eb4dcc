/** A stream's name as a URL path: its slashes stay, everything else is escaped. */
function pathOf(streamId: string): string {
	return streamId.split('/').map(encodeURIComponent).join('/');
}

/** Where one gateway answers, as absolute URLs. */
export type GatewayUrls = {
	/** They carry a token. */
	readonly guarded: boolean;
	home(): string;
	streams(): string;
	stream(id: string): string;
	stats(id: string): string;
	/** Of the WebRTC viewers of a stream. */
	sessions(id: string): string;
	probe(): string;
	watch(id: string): string;
	whep(id: string): string;
	hls(id: string): string;
};

/**
 * The URLs of the gateway at `base`.
 *
 * @param base an absolute URL, such as `https://cameras.example`; a trailing slash does not matter
 * @param token goes along as `?jwt=`, where the gateway asks for one
 */
export function gatewayUrls(base: string, token = ''): GatewayUrls {
	const root = base.replace(/\/+$/, '');
	const jwt = token === '' ? '' : `jwt=${encodeURIComponent(token)}`;
	const query = jwt && `?${jwt}`;
	return {
		guarded: jwt !== '',
		home: () => `${root}/${query}`,
		streams: () => `${root}/api/v1/streams${query}`,
		stream: (id) => `${root}/api/v1/streams/${pathOf(id)}${query}`,
		stats: (id) => `${root}/api/v1/streams/${pathOf(id)}/stats${query}`,
		sessions: (id) => `${root}/api/v1/webrtc/sessions?stream=${encodeURIComponent(id)}${jwt && `&${jwt}`}`,
		probe: () => `${root}/api/v1/probe${query}`,
		watch: (id) => `${root}/watch/${pathOf(id)}${query}`,
		whep: (id) => `${root}/whep/${pathOf(id)}${query}`,
		hls: (id) => `${root}/hls/${pathOf(id)}/index.m3u8${query}`,
	};
}

/** The token in a page's own address; empty when there is none. */
export function tokenOfSearch(search: string): string {
	const parameters = new URLSearchParams(search);
	return parameters.get('jwt') ?? parameters.get('token') ?? '';
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
