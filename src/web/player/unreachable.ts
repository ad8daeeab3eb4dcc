import { PlaybackError } from './playback.ts';

/**
 * Why nothing is heard from an address. Scripts are not told when it is the browser that does not let them ask.
 *
 * @param page address of the page
 */
export function unreachable(
	address: string,
	page = (globalThis as { location?: { href: string } }).location?.href ?? '',
): PlaybackError {
	const mixed = page.startsWith('https:') && address.startsWith('http:');
	return new PlaybackError(
		'gateway_unreachable',
		mixed
			? 'The gateway does not answer, or the browser does not let this page ask it: pages that came by https:// may not ' +
					'ask http:// addresses. Give src-base an https:// address.'
			: 'The gateway does not answer.',
	);
}
