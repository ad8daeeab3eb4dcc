import { isIP } from 'node:net';
import { percentDecoded } from './percent.ts';

/** Who to be at a camera or towards a reader. */
export type Credentials = { readonly username: string; readonly password: string };

/** The URL of a camera in its parts (RFC 3986 section 3). */
export type RtspUrl = {
	/** In lower case. */
	readonly scheme: string;
	/** From the user information, percent-decoded. */
	readonly credentials: Credentials | undefined;
	/** An IPv6 address has its brackets. */
	readonly host: string;
	readonly port: number | undefined;
	/** All of it without user information; path and query are as they were written. */
	readonly href: string;
};

/** User information, host and port: what stands before the path. */
type Authority = {
	readonly length: number;
	readonly userInfo: string | undefined;
	readonly host: string;
	readonly port: number | undefined;
	readonly portText: string;
};

/** Where cameras listen: such a number in front of a path is a port. */
const USUAL_PORTS = [554, 8554, 322, 80, 443];
const LATER_HOST = /@(\[[0-9a-f:.%]+\]|localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(:\d{1,5})?(?=[/?#]|$)/gi;
const AUTHORITY = /^(?:(.*)@)?(\[[0-9a-f:.%]+\]|[^:@/?#\s[\]]+)(?::(\d{1,5})?)?$/is;

/**
 * Reads a URL of any scheme as people write those of cameras: a user name or password that should have been
 * percent-encoded but was not is understood when no other reading makes as much sense.
 *
 * @returns undefined without a scheme or a host, and with a port that is none
 */
export function readRtspUrl(text: string): RtspUrl | undefined {
	const [, scheme = '', rest = ''] = /^\s*([a-z][a-z0-9+.-]*):\/\/(.*?)\s*$/is.exec(text) ?? [];
	const authority = findAuthority(rest);
	if (scheme === '' || !authority) return undefined;
	const { userInfo, host, port, portText, length } = authority;
	return {
		scheme: scheme.toLowerCase(),
		credentials: userInfo === undefined ? undefined : readUserInfo(userInfo),
		host,
		port,
		href: `${scheme.toLowerCase()}://${host}${portText}${rest.slice(length)}`,
	};
}

function findAuthority(rest: string): Authority | undefined {
	const end = rest.search(/[/?#]/);
	const strict = readAuthority(end < 0 ? rest : rest.slice(0, end));
	if (strict) return authorityBehind(rest, strict) ?? strict;
	const at = rest.lastIndexOf('@');
	if (at < 0) return undefined;
	return readAuthority(rest.slice(0, at + 1 + rest.slice(at + 1).search(/[/?#]|$/)));
}

/**
 * `admin:12/secret@10.0.0.5/stream` may be a path at port 12 of the host `admin`, but hosts are addresses or have a
 * dot more often than a password is a path.
 *
 * @returns the authority that ends with a later host, when that is the likelier one
 */
function authorityBehind(rest: string, { length, host, port }: Authority): Authority | undefined {
	const strict = rest.slice(0, length);
	if (/[.\]]|^localhost$/i.test(host) || !strict.includes(':')) return undefined;
	if (rest[length] === '/' && port !== undefined && USUAL_PORTS.includes(port)) return undefined;
	const [later] = [...rest.slice(length).matchAll(LATER_HOST)].slice(-1);
	if (!later) return undefined;
	const [text, name = '', laterPort] = later;
	const end = length + later.index + text.length;
	const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name.toLowerCase() === 'localhost';
	// A name may as well be that of a mail address: those end what they are in, and no port stands before them.
	const isHost = /:\d*$/.test(strict) && (rest[length] === '#' || laterPort !== undefined || rest[end] === '/');
	return isAddress || isHost ? readAuthority(rest.slice(0, end)) : undefined;
}

function readAuthority(text: string): Authority | undefined {
	const [, userInfo, host, port] = AUTHORITY.exec(text) ?? [];
	if (host === undefined || Number(port) > 0xffff || (port !== undefined && Number(port) === 0)) return undefined;
	return {
		length: text.length,
		userInfo,
		host,
		port: port === undefined ? undefined : Number(port),
		portText: port === undefined ? '' : `:${port}`,
	};
}

function readUserInfo(text: string): Credentials {
	const colon = text.indexOf(':');
	return {
		username: percentDecoded(colon < 0 ? text : text.slice(0, colon)),
		password: percentDecoded(colon < 0 ? '' : text.slice(colon + 1)),
	};
}
