import { PlaybackError } from './playback.ts';

/**
 * The gateway a player was given, as an absolute URL.
 *
 * @param page address of the page; its own gateway is taken where none is given
 * @throws PlaybackError
 */
export function baseAddress(srcBase: string | null | undefined, page: string): string {
	const base = srcBase || '/';
	try {
		return new URL(base, page).href;
	} catch {
		throw new PlaybackError('src_base_invalid', `src-base is no address: ${base}`);
	}
}
