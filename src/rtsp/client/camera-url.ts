import { isIP } from 'node:net';
import { SourceError } from '../../base/errors.ts';
import { percentDecoded } from '../../base/percent.ts';
import type { Credentials } from '../auth.ts';
import { requestUri } from './control-url.ts';

/** Where a camera is. */
export type CameraUrl = {
	/** For the socket: an IPv6 address comes without brackets. */
	readonly host: string;
	readonly port: number;
	/** Over TLS; `unchecked` when the URL says that the certificate is not to be checked. */
	readonly security: 'none' | 'tls' | 'unchecked';
	/** For the request line: without user information. */
	readonly requestUrl: string;
	/** From the user information, percent-decoded. */
	readonly credentials: Credentials | undefined;
};

/** User information, host and port: what stands before the path. */
type Authority = {
	readonly length: number;
	readonly userInfo: string | undefined;
	readonly host: string;
	readonly port: number | undefined;
	readonly portText: string;
};

const SECURITY: ReadonlyMap<string, CameraUrl['security']> = new Map([
	['rtsp', 'none'],
	['rtsps', 'tls'],
	// Ubiquiti's word for TLS with a certificate that nobody vouches for.
	['rtspx', 'unchecked'],
]);
/** Of RTSP, and of the web servers of cameras that take RTSP in HTTP or WebSocket. */
const DEFAULT_PORTS = { direct: { plain: 554, tls: 322 }, tunnelled: { plain: 80, tls: 443 } } as const;
/** Where cameras listen: such a number in front of a path is a port. */
const USUAL_PORTS = [554, 8554, 322, 80, 443];
const LATER_HOST = /@(\[[0-9a-f:.%]+\]|localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(:\d{1,5})?(?=[/?#]|$)/gi;
const AUTHORITY = /^(?:(.*)@)?(\[[0-9a-f:.%]+\]|[^:@/?#\s[\]]+)(?::(\d{1,5})?)?$/is;

/**
 * Reads a camera's URL. A user name or password that should have been percent-encoded but was not is understood
 * when no other reading makes as much sense.
 *
 * @param tunnelled the camera is reached through its web server: the default ports are that one's
 * @throws SourceError `camera_unsupported`, permanent; its message does not repeat the URL
 */
export function parseCameraUrl(text: string, tunnelled = false): CameraUrl {
	const [, scheme, rest = ''] = /^\s*([a-z][a-z0-9+.-]*):\/\/(.*?)\s*$/is.exec(text) ?? [];
	const security = SECURITY.get(scheme?.toLowerCase() ?? '');
	if (!security) throw unsupported('the URL of a camera starts with rtsp:// or rtsps://');
	const authority = findAuthority(rest);
	if (!authority) throw unsupported('the URL of a camera has no host, or a port that is no number');
	const path = rest.slice(authority.length);
	const defaults = DEFAULT_PORTS[tunnelled ? 'tunnelled' : 'direct'];
	const prefix = security === 'none' ? 'rtsp://' : 'rtsps://';
	return {
		host: authority.host.replace(/^\[|\]$/g, ''),
		port: authority.port ?? (security === 'none' ? defaults.plain : defaults.tls),
		security,
		requestUrl: requestUri(`${prefix}${authority.host}${authority.portText}${path}`),
		credentials: authority.userInfo === undefined ? undefined : readUserInfo(authority.userInfo),
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
	if (host === undefined || Number(port) > 0xffff || port === '0') return undefined;
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

function unsupported(message: string): SourceError {
	return new SourceError('camera_unsupported', message, { permanent: true });
}
