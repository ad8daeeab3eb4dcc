import { PlaybackError } from './playback.ts';

/** What names a place: a name alone is resolved too, as a path below the page's or, with a port, as a scheme. */
const PLACE = /^\s*(?:https?:\/\/|\/|\.{1,2}(?:\/|\s*$))/i;
const CREDENTIALS = /^[^/]*\/\/[^/]*@/;

/**
 * The gateway a player was given, as an absolute URL.
 *
 * @param page address of the page; its own gateway is taken where none is given
 * @throws PlaybackError
 */
export function baseAddress(srcBase: string | null | undefined, page: string): string {
	const base = srcBase || '/';
	const url = PLACE.test(base) ? parsed(base, page) : undefined;
	if (url === undefined) {
		throw invalid(
			srcBase
				? `src-base is no address: ${base}. One begins with https://, http:// or /.`
				: 'src-base is missing: this page does not come from a gateway.',
		);
	}
	if (CREDENTIALS.test(base) || url.search !== '' || url.hash !== '') {
		throw invalid('src-base may hold no user name, password, query or fragment. A token has an attribute of its own.');
	}
	return url.href;
}

function parsed(base: string, page: string): URL | undefined {
	try {
		const url = new URL(base, page);
		return /^https?:$/.test(url.protocol) ? url : undefined;
	} catch {
		return undefined;
	}
}

function invalid(message: string): PlaybackError {
	return new PlaybackError('src_base_invalid', message);
}
