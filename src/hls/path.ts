/** Where HLS lives on the server. */
export const HLS_PREFIX = '/hls/';
export const PLAYLIST_NAME = 'index.m3u8';
export const LOW_LATENCY_PLAYLIST_NAME = 'll.m3u8';
/** Multivariant playlists that lead to these. */
export const MASTER_NAME = 'master.m3u8';
export const LOW_LATENCY_MASTER_NAME = 'll-master.m3u8';

const MAX_LENGTH = 1024;
const MAX_PARTS = 16;
const PART = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** Prefix, id and file of a target that needs no decoding. */
const PLAIN = /^\/hls\/((?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/){1,15})([A-Za-z0-9_-][A-Za-z0-9._-]*)(?:\?|$)/;

/** Whether the text can be a stream id: parts of `A-Z a-z 0-9 . _ -` between slashes, none starting with a dot. */
export function isStreamId(text: string): boolean {
	const parts = text.split('/');
	return text.length <= MAX_LENGTH && parts.length <= MAX_PARTS && parts.every((part) => PART.test(part));
}

/**
 * Takes the target of a request apart: `/hls/<id, may hold slashes>/<file>`.
 *
 * @returns undefined when it is no HLS path, `unsafe` when it is one but names nothing that can exist
 */
export function parseHlsPath(target: string): { id: string; file: string } | 'unsafe' | undefined {
	if (!target.startsWith(HLS_PREFIX)) return undefined;
	const plain = PLAIN.exec(target);
	if (plain) {
		const [, folder = '', file = ''] = plain;
		return folder.length + file.length <= MAX_LENGTH ? { id: folder.slice(0, -1), file } : 'unsafe';
	}
	const query = target.indexOf('?');
	const path = decode(target.slice(HLS_PREFIX.length, query < 0 ? undefined : query));
	const slash = path.lastIndexOf('/');
	if (slash < 0 || !isStreamId(path)) return 'unsafe';
	return { id: path.slice(0, slash), file: path.slice(slash + 1) };
}

/** Percent-decodes once; what cannot be decoded stays and fails the check that follows. */
function decode(path: string): string {
	if (!path.includes('%')) return path;
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}
