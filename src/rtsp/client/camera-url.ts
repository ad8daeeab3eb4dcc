import { SourceError } from '../../base/errors.ts';
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

const SECURITY: ReadonlyMap<string, CameraUrl['security']> = new Map([
	['rtsp', 'none'],
	['rtsps', 'tls'],
	// Ubiquiti's word for TLS with a certificate that nobody vouches for.
	['rtspx', 'unchecked'],
]);
/** Of RTSP, and of the web servers of cameras that take RTSP in HTTP or WebSocket. */
const DEFAULT_PORTS = { direct: { plain: 554, tls: 322 }, tunnelled: { plain: 80, tls: 443 } } as const;
const AUTHORITY = /^(?:(.*)@)?(\[[0-9a-f:.%]+\]|[^:@/?#\s[\]]+)(?::(\d{1,5})?)?$/is;

/**
 * Reads a camera's URL. A user name or password that should have been percent-encoded but was not is understood
 * when no other reading makes sense.
 *
 * @param tunnelled the camera is reached through its web server: the default ports are that one's
 * @throws SourceError `camera_unsupported`, permanent; its message does not repeat the URL
 */
export function parseCameraUrl(text: string, tunnelled = false): CameraUrl {
	const [, scheme, rest = ''] = /^\s*([a-z][a-z0-9+.-]*):\/\/(.*?)\s*$/is.exec(text) ?? [];
	const security = SECURITY.get(scheme?.toLowerCase() ?? '');
	if (!security) throw unsupported('the URL of a camera starts with rtsp:// or rtsps://');
	const end = rest.search(/[/?#]/);
	const strict = end < 0 ? rest : rest.slice(0, end);
	const at = rest.lastIndexOf('@');
	const far = at < 0 ? -1 : at + 1 + rest.slice(at + 1).search(/[/?#]|$/);
	const authority = readAuthority(strict) ?? (at < 0 ? undefined : readAuthority(rest.slice(0, far)));
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

function readAuthority(text: string) {
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
		username: decode(colon < 0 ? text : text.slice(0, colon)),
		password: decode(colon < 0 ? '' : text.slice(colon + 1)),
	};
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function unsupported(message: string): SourceError {
	return new SourceError('camera_unsupported', message, { permanent: true });
}
