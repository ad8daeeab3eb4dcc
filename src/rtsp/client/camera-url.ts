import { SourceError } from '../../base/errors.ts';
import type { Credentials } from '../auth.ts';
import { requestUri } from './control-url.ts';

/** Where a camera is. */
export type CameraUrl = {
	/** For the socket: an IPv6 address comes without brackets. */
	readonly host: string;
	readonly port: number;
	/** For the request line: without user information. */
	readonly requestUrl: string;
	/** From the user information, percent-decoded. */
	readonly credentials: Credentials | undefined;
};

const DEFAULT_PORT = 554;
const AUTHORITY = /^(?:(.*)@)?(\[[0-9a-f:.%]+\]|[^:@/?#\s[\]]+)(?::(\d{1,5})?)?$/is;

/**
 * Reads a camera's URL. A user name or password that should have been percent-encoded but was not is understood
 * when no other reading makes sense.
 *
 * @throws SourceError `camera_unsupported`, permanent; its message does not repeat the URL
 */
export function parseCameraUrl(text: string): CameraUrl {
	const [, scheme, rest = ''] = /^\s*([a-z][a-z0-9+.-]*):\/\/(.*?)\s*$/is.exec(text) ?? [];
	if (scheme?.toLowerCase() !== 'rtsp') throw unsupported(`the URL of a camera starts with rtsp://`);
	const end = rest.search(/[/?#]/);
	const strict = end < 0 ? rest : rest.slice(0, end);
	const at = rest.lastIndexOf('@');
	const far = at < 0 ? -1 : at + 1 + rest.slice(at + 1).search(/[/?#]|$/);
	const authority = readAuthority(strict) ?? (at < 0 ? undefined : readAuthority(rest.slice(0, far)));
	if (!authority) throw unsupported('the URL of a camera has no host, or a port that is no number');
	const path = rest.slice(authority.length);
	return {
		host: authority.host.replace(/^\[|\]$/g, ''),
		port: authority.port,
		requestUrl: requestUri(`rtsp://${authority.host}${authority.portText}${path}`),
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
		port: port === undefined ? DEFAULT_PORT : Number(port),
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
