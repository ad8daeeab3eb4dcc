import type { ByteRange } from './read/byte-range.ts';
import type { Resource } from './read/media-playlist.ts';

/** What a playlist names. What cannot be an address is taken for a name beside the playlist: no server has it. */
export function resolve(uri: string, playlist: URL): URL {
	return URL.canParse(uri, playlist.href) ? new URL(uri, playlist) : new URL(encodeURIComponent(uri), playlist);
}

/** How an address may be shown: its last words, without query and user information. */
export function labelOf(url: URL, range?: ByteRange): string {
	const name = url.pathname.split('/').at(-1) || url.pathname;
	return range ? `${name}@${range.offset ?? 0}+${range.length}` : name;
}

/** How the address of a whole presentation may be shown. */
export function originLabel(url: URL): string {
	return `${url.protocol}//${url.host}${url.pathname}`;
}

/** One name for a resource, wherever it is listed. */
export function keyOf({ uri, range }: Resource): string {
	return range ? `${uri}@${range.offset ?? 0}+${range.length}` : uri;
}

/** The value of a Range header (RFC 9110 section 14.2). */
export function rangeHeader({ length, offset = 0 }: ByteRange): string {
	return `bytes=${offset}-${offset + length - 1}`;
}

/** The address with further query parameters; those that it has stay as they are. */
export function withParameters(url: URL, parameters: Readonly<Record<string, string | number>>): URL {
	const extended = new URL(url);
	const added = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
	if (added.length > 0) extended.search = [extended.search.slice(1), ...added].filter(Boolean).join('&');
	return extended;
}
