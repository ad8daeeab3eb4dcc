import { SourceError } from '../../base/errors.ts';
import { type Credentials, readRtspUrl } from '../../base/rtsp-url.ts';
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

/**
 * Reads a camera's URL.
 *
 * @param tunnelled the camera is reached through its web server: the default ports are that one's
 * @throws SourceError `camera_unsupported`, permanent; its message does not repeat the URL
 */
export function parseCameraUrl(text: string, tunnelled = false): CameraUrl {
	const security = SECURITY.get(/^\s*([a-z]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? '');
	if (!security) throw unsupported('the URL of a camera starts with rtsp:// or rtsps://');
	const url = readRtspUrl(text);
	if (!url) throw unsupported('the URL of a camera has no host, or a port that is no number');
	const defaults = DEFAULT_PORTS[tunnelled ? 'tunnelled' : 'direct'];
	return {
		host: url.host.replace(/^\[|\]$/g, ''),
		port: url.port ?? (security === 'none' ? defaults.plain : defaults.tls),
		security,
		requestUrl: requestUri(url.href.replace(/^rtspx:/, 'rtsps:')),
		credentials: url.credentials,
	};
}

function unsupported(message: string): SourceError {
	return new SourceError('camera_unsupported', message, { permanent: true });
}
