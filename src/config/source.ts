import { type Credentials, readRtspUrl } from '../base/rtsp-url.ts';

/** A camera's address, apart from who to be there. */
export type SourceAddress = { source: string; credentials: Credentials | undefined };

/** The built-in camera. */
export const DEMO_SOURCE = 'demo';

const SCHEMES = ['rtsp', 'rtsps', 'rtspx'];

/**
 * Reads `demo` or an `rtsp://`, `rtsps://` or `rtspx://` URL and takes the user name and password out of it.
 *
 * @returns the address, or a sentence that says what to write instead (without the address: it may hold a password)
 */
export function parseSource(text: string): SourceAddress | string {
	if (text === DEMO_SOURCE) return { source: text, credentials: undefined };
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
	if (!scheme || !SCHEMES.includes(scheme)) {
		return 'expected an address that begins with rtsp://, rtsps:// or rtspx://, or the word demo';
	}
	const url = readRtspUrl(text);
	if (!url || !URL.canParse(url.href) || /\s/.test(text)) {
		return `not a valid ${scheme}:// URL; put a user name or password with special characters under username and password`;
	}
	const { credentials } = url;
	const given = credentials && (credentials.username !== '' || credentials.password !== '');
	return { source: url.href, credentials: given ? credentials : undefined };
}
